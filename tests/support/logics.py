"""Short ways to write certified logic in tests, over the viewing events of `tests/properties/strategies.py`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from metrics_catalog.expression import canonical, parse
from metrics_catalog.logic import Kind, Logic, VariantLogic
from tests.properties.strategies import DIMENSIONS, SOURCE, ZONES


def measured(name: str, kind: Kind, expression: str | None = None, where: str | None = None, **more: Any) -> Logic:
    """A metric that reads viewing events; `more` are further fields of Logic."""
    fields = {"source": SOURCE, "dimensions": DIMENSIONS, "time_zones": ZONES, **more}
    return Logic(metric=name, kind=kind, expression=_written(expression), filter=_written(where), **fields)


def ratio(name: str, numerator: Logic, denominator: Logic) -> Logic:
    """One metric over another."""
    parts = {numerator.metric: numerator, denominator.metric: denominator}
    return Logic(metric=name, kind="ratio", numerator=numerator.metric, denominator=denominator.metric, parts=parts, time_zones=ZONES)


def derived(name: str, text: str, *parts: Logic) -> Logic:
    """Arithmetic over metrics."""
    return Logic(metric=name, kind="derived", expression=_written(text), parts={part.metric: part for part in parts}, time_zones=ZONES)


def variant(where: str | None = None, expression: str | None = None, until: dt.date | None = None) -> VariantLogic:
    """A country's own logic."""
    return VariantLogic(filter=_written(where), expression=_written(expression), until=until)


def event(country: str | None, at: str, **more: Any) -> dict[str, Any]:
    """A viewing event in a country at a UTC instant, such as `2026-03-29 01:00`; all else is NULL unless given."""
    instant = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    return {**dict.fromkeys(SOURCE.columns), "viewing_country": country, "occurred_at": instant, "received_at": instant, **more}


def _written(text: str | None) -> str | None:
    return None if text is None else canonical(parse(text))
