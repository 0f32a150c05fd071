"""The properties of a local lake's definer views, read straight from their metadata files.

Implements `jobs.publishing.standing.ViewProperties` for `ringi status`, which must stay fast: the libraries of Iceberg are not loaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.local.catalog_db import CatalogDb
from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Mapping


class LocalViewProperties:
    """Views listed in `warehouse/catalog.db`."""

    def __init__(self, warehouse: Path) -> None:
        self._pointers = CatalogDb(warehouse.absolute() / "catalog.db")

    def namespaces(self) -> tuple[str, ...]:
        return self._pointers.namespaces()

    def properties(self, name: str) -> Mapping[str, str] | None:
        location = self._pointers.pointer(name, "VIEW")
        if location is None:
            return None
        with translated("reading a view"):
            raw = Path(location.removeprefix("file://")).read_bytes()
        try:
            return {str(key): str(value) for key, value in json.loads(raw)["properties"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InfraError(f"The metadata of the view `{name}` is damaged.", hint="run `ringi doctor`.") from error
