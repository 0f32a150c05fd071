"""One example ready to be computed: its country, the one period whose value is meant, and its rows by source.

Made from an `Example` by `trial_of`; computed by `bench.py`. Rows count as accepted events: what every event has (its key, when it
occurred, its country) is filled in where the example does not say it.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobs.compile.request import Periods, next_start, start_of
from jobs.examples.rows import ExampleError, TypedRow, day, instant, text_of
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metrics_catalog.logic import Logic, SourceLogic
    from metrics_catalog.metric import Example
    from metrics_catalog.source import Source

TIMELESS = dt.datetime(2000, 1, 15, 12, tzinfo=dt.UTC)
"""When rows without an event time occurred, unless the example or another of its rows says when: before any variant ended."""

_NEXT_DAY = dt.timedelta(days=1)
_FURTHEST_EAST, _FURTHEST_WEST = 14, -12
"""Hours of the whole-hour clocks that there are."""


class Shift(StrEnum):
    """By which clock days are counted: the country's own, or the whole-hour clock just behind or just ahead of it."""

    NONE = "none"
    BEHIND = "behind"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Trial:
    """What is computed: `rows` by source, of which those of `country` in the one period of `periods` count."""

    country: str
    zone: str
    periods: Periods
    rows: Mapping[str, tuple[TypedRow, ...]]

    def clock(self, shift: Shift) -> str | None:
        """The zone by which days are counted under a shift; None where there is no such clock."""
        if shift is Shift.NONE:
            return self.zone
        edge = self.periods.first if shift is Shift.BEHIND else self.periods.end
        local = dt.datetime.combine(edge, dt.time(), ZoneInfo(self.zone))
        hours = (local.utcoffset() or dt.timedelta()) / dt.timedelta(hours=1)
        wanted = math.ceil(hours) - 1 if shift is Shift.BEHIND else math.floor(hours) + 1
        if not _FURTHEST_WEST <= wanted <= _FURTHEST_EAST:
            return None
        return f"Etc/GMT{-wanted:+d}" if wanted else "Etc/GMT"


def trial_of(example: Example, logic: Logic, contracts: Mapping[str, Source] | None = None) -> Trial:
    """The example as a trial of a metric; raises ExampleError where its rows cannot be read or it means no one period.

    With `contracts` (sources by name) values are checked in columns that the metric does not read as well.
    """
    if example.country not in logic.time_zones:
        raise ExampleError(
            f"The example `{example.name}` is of {example.country}, which is not in countries.yaml.",
            hint="name a country that the lake has.",
            path=("country",),
            code="RNG-JOB-091",
        )
    sources = {part.source.source: part.source for part in logic.measured() if part.source is not None}
    columns = _columns(logic, contracts or {})
    zone = logic.time_zones[example.country]
    times = {name: _times(source, columns[name], example, zone) for name, source in sources.items()}
    periods = _period(example, zone, [time for of_source in times.values() for time in of_source])
    rows = {
        name: tuple(_row(source, columns[name], example, number, time) for number, time in enumerate(times[name]))
        for name, source in sources.items()
    }
    return Trial(example.country, zone, periods, rows)


def _columns(logic: Logic, contracts: Mapping[str, Source]) -> dict[str, dict[str, ColumnType]]:
    """The columns of a metric's sources, by source: those of the contract, or those that its logic reads."""
    found: dict[str, dict[str, ColumnType]] = {}
    for part in logic.measured():
        if part.source is not None:
            contract = contracts.get(part.source.source)
            known = {} if contract is None else {name: column.type for name, column in contract.columns.items()}
            found.setdefault(part.source.source, known).update(part.source.columns)
    return found


def _times(source: SourceLogic, types: Mapping[str, ColumnType], example: Example, zone: str) -> list[dt.date]:
    """When each row occurred (a day where the source knows only days); rows that do not say it, when the first that does."""
    column = source.event_time or ""
    dated = types.get(column) is ColumnType.DATE
    given = [_time(example, number, column, dated) for number in range(len(example.rows))]
    usual: dt.date = TIMELESS
    if example.day is not None:
        usual = dt.datetime.combine(example.day, dt.time(12), ZoneInfo(zone))
    fallback = next((time for time in given if time is not None), usual)
    fallback = fallback.date() if dated and isinstance(fallback, dt.datetime) else fallback
    return [time if time is not None else fallback for time in given]


def _time(example: Example, number: int, column: str, dated: bool) -> dt.date | None:
    value = example.rows[number].get(column)
    if value is None:
        return None
    time = day(value) if dated else instant(value)
    if time is None:
        hint = 'write it as "2026-10-28".' if dated else 'write it as "2026-10-28T11:00:00Z".'
        raise ExampleError(f"`{value}` in the example `{example.name}` is no time.", hint=hint, path=("rows", number, column))
    return time


def _period(example: Example, zone: str, times: Iterable[dt.date]) -> Periods:
    """The example's day, or the one month by the clock of its country that holds all its rows."""
    if example.day is not None:
        return Periods(TimeGrain.DAY, example.day, example.day + _NEXT_DAY)
    local = ZoneInfo(zone)
    days = [time.astimezone(local).date() if isinstance(time, dt.datetime) else time for time in times]
    found = {start_of(TimeGrain.MONTH, each) for each in days} or {start_of(TimeGrain.MONTH, TIMELESS.date())}
    if len(found) > 1:
        raise ExampleError(
            f"The rows of the example `{example.name}` lie in {len(found)} months of {example.country}.",
            hint="an example is one number: say which `day` is meant, keep its rows within one month, or write two examples.",
            path=("rows",),
            code="RNG-JOB-091",
        )
    first = found.pop()
    return Periods(TimeGrain.MONTH, first, next_start(TimeGrain.MONTH, first))


def _row(source: SourceLogic, types: Mapping[str, ColumnType], example: Example, number: int, time: dt.date) -> TypedRow:
    """A row with what every accepted event has."""
    filled: dict[str, Any] = dict(example.rows[number])
    for column in source.key:
        if types[column] is ColumnType.STRING:
            filled.setdefault(column, str(number))
    if source.event_time is not None:
        filled[source.event_time] = time
    if source.country is not None:
        filled.setdefault(source.country, example.country)
    return {name: text_of(filled.get(name), kind, example.name, ("rows", number, name)) for name, kind in types.items()}
