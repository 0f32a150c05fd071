"""All metrics of a view over raw events, group by group, value by value."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.oracle.text import evaluate

if TYPE_CHECKING:
    from metrics_catalog.logic import DimensionLogic, Logic

Event = Mapping[str, Any]
Cell = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """What is asked: a grain (`day`, `week` or `month`), dimensions, metrics by column, and the viewing countries.

    `events` are the rows of each source, each event once; `tables` the rows of each dimension. Times are aware datetimes.
    """

    grain: str
    dimensions: Sequence[str]
    metrics: Mapping[str, Logic]
    countries: Sequence[str]
    events: Mapping[str, Sequence[Event]]
    tables: Mapping[str, Sequence[Event]] = field(default_factory=dict)


def facts(question: Question) -> dict[Cell, dict[str, Any]]:
    """The value of every metric by cell: (viewing country, first day of the period, then one text a dimension)."""
    groups = {id(part): _grouped(question, part) for logic in question.metrics.values() for part in logic.measured()}
    cells = sorted({cell for found in groups.values() for cell in found})
    return {cell: {name: _metric(groups, logic, cell) for name, logic in question.metrics.items()} for cell in cells}


def _metric(groups: Mapping[int, Mapping[Cell, Sequence[Event]]], logic: Logic, cell: Cell) -> Any:
    if logic.kind == "ratio":
        above, below = (_metric(groups, logic.parts[name], cell) for name in (str(logic.numerator), str(logic.denominator)))
        return None if above is None or not below else float(above) / float(below)
    if logic.kind == "derived":
        value = evaluate(str(logic.expression), {name: _metric(groups, part, cell) for name, part in logic.parts.items()})
        return None if value is None else float(value)
    return _measure(logic, groups[id(logic)].get(cell, []))


def _grouped(question: Question, logic: Logic) -> dict[Cell, list[Event]]:
    """The events of a metric's source by cell; events of no published country are in none."""
    source = logic.source
    assert source is not None
    groups: dict[Cell, list[Event]] = {}
    for event in question.events[source.source]:
        country, time = event[str(source.country)], event[str(source.event_time)]
        if country not in question.countries or country not in logic.time_zones or time is None:
            continue
        day = _local_day(time, logic.time_zones[country])
        members = tuple(_member(question, logic.dimensions[name], name, event, day) for name in question.dimensions)
        groups.setdefault((country, _period(question.grain, day), *members), []).append({**event, "@country": country, "@day": day})
    return groups


@lru_cache(maxsize=100_000)
def _local_day(time: dt.date, zone: str) -> dt.date:
    return time.astimezone(ZoneInfo(zone)).date() if isinstance(time, dt.datetime) else time


def _period(grain: str, day: dt.date) -> dt.date:
    if grain == "week":
        return day - dt.timedelta(days=day.isoweekday() - 1)
    return day.replace(day=1) if grain == "month" else day


def _member(question: Question, found: DimensionLogic | None, name: str, event: Event, day: dt.date) -> str:
    value = event[name] if found is None else _attribute(question.tables[found.dimension], found, event[found.key], day)
    if value is None:
        return "unknown"
    return str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, dt.date) else str(value)


def _attribute(rows: Sequence[Event], found: DimensionLogic, key: Any, day: dt.date) -> Any:
    """The attribute of a key on a day; of several rows the one that became valid last."""
    holding = [row for row in rows if key is not None and row[found.key] == key and _holds(row, found, day)]
    if not holding:
        return None
    begins = found.valid_from
    return max(holding, key=lambda row: (row[begins] or dt.date.min) if begins else dt.date.min)[found.attribute]


def _holds(row: Event, found: DimensionLogic, day: dt.date) -> bool:
    if found.valid_from is None or found.valid_until is None:
        return True
    begins, ends = row[found.valid_from], row[found.valid_until]
    return (begins is None or begins <= day) and (ends is None or day < ends)


def _measure(logic: Logic, events: Sequence[Event]) -> Any:
    counted = [event for event in events if _passes(logic, event)]
    if logic.kind == "count":
        return len(counted)
    values = [value for event in counted if (value := evaluate(_expression(logic, event), event)) is not None]
    if logic.kind == "count_distinct":
        return len(set(values))
    if not values:
        return None
    if logic.kind == "minimum":
        return min(values)
    if logic.kind == "maximum":
        return max(values)
    total = _sum(values)
    return total if logic.kind == "sum" else float(total) / len(values)


def _sum(values: Sequence[Any]) -> Any:
    if any(isinstance(value, float) for value in values):
        return math.fsum(float(value) for value in values)
    return sum(values, Decimal(0)) if any(isinstance(value, Decimal) for value in values) else sum(values)


def _variant(logic: Logic, event: Event) -> Any:
    variant = logic.variants.get(event["@country"])
    return variant if variant is not None and (variant.until is None or event["@day"] < variant.until) else None


def _passes(logic: Logic, event: Event) -> bool:
    variant = _variant(logic, event)
    text = variant.filter if variant is not None and variant.filter is not None else logic.filter
    return text is None or evaluate(text, event) is True


def _expression(logic: Logic, event: Event) -> str:
    variant = _variant(logic, event)
    return str(variant.expression if variant is not None and variant.expression is not None else logic.expression)
