"""The data lake settings, which AWS takes only as a whole document: read, changed where asked, written, and read again.

What a call does not name stays as it is, keys that this version does not know among them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping


def put_settings(client: Any, parameters: Mapping[str, Any]) -> str | None:
    """Write the settings that a call of PutDataLakeSettings names; gives the request's id, None where all stood there already.

    Raises botocore's errors, and an InfraError where the account then holds something else.
    """
    place = {"CatalogId": parameters["CatalogId"]} if "CatalogId" in parameters else {}
    held = client.get_data_lake_settings(**place)["DataLakeSettings"]
    wanted = {**held, **parameters["DataLakeSettings"]}
    if _same(held, wanted):
        return None
    answer = client.put_data_lake_settings(**place, DataLakeSettings=wanted)
    found = client.get_data_lake_settings(**place)["DataLakeSettings"]
    if not _same(found, wanted):
        keys = sorted(key for key in {*found, *wanted} if not _same({key: found.get(key)}, {key: wanted.get(key)}))
        raise InfraError(
            f"The data lake settings were written, but {', '.join(f'`{key}`' for key in keys)} now say something else.",
            hint="somebody changed them at the same moment: look with `ringi access drift`, then plan again. "
            "More: ringi explain RNG-INF-061",
        )
    return str(answer["ResponseMetadata"].get("RequestId", "")) or None


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return _plain(one) == _plain(other)


def _plain(document: Mapping[str, Any]) -> str:
    """The document for comparing: lists have no order here, and an empty one is as good as none."""
    kept = {key: _sorted(value) for key, value in document.items() if value not in (None, [], {})}
    return json.dumps(kept, sort_keys=True)


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_sorted(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, dict):
        return {key: _sorted(one) for key, one in value.items()}
    return value
