"""What a door shows of one definition: the registry's facts, and for a metric how its keys stand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringi.lake import Lake


def show(lake: Lake, name: str, now: dt.datetime | None = None) -> dict[str, Any]:
    """Facts of the metric, view, source, dimension, hearing, person or country called `name`, as a JSON value.

    Raises UsageError where there is none.
    """
    from governance.gate.status import as_json
    from metrics_catalog.describe import describe
    from ringi.catalog.standing import standing

    moment = now or dt.datetime.now(dt.UTC)
    facts = {"schema_version": 1, **describe(lake.catalog, name)}
    if facts["kind"] == "metric":
        (status,) = as_json(*standing(lake, [name], moment))["metrics"]
        facts |= {key: value for key, value in status.items() if key != "metric"}
        facts["comparable"] = _comparable(lake, name, moment.date())
    return facts


def _comparable(lake: Lake, name: str, today: dt.date) -> dict[str, Any] | None:
    """Which countries compute the same, or None for a metric that has no meaning at present."""
    from metrics_catalog.comparable import as_json, comparability, in_words
    from metrics_catalog.meaning import UnresolvedError, resolve

    try:
        found = comparability(resolve(lake.catalog, name).logic, lake.catalog.metrics, today)
    except UnresolvedError:
        return None
    return {**as_json(found), "sentences": list(in_words(found, name))}
