"""Cells: the country and period pairs that a run computes, and which events and files they need.

A cell is touched when an event that occurred in it was added to bronze since the facts were computed. Used by `run_plan.py` to
find them and by `facts.py` to read no more than they need.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects import literal
from jobs.table import Days
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.table import DataFile
    from metrics_catalog.logic import SourceLogic

Pair = tuple[str, dt.date]
DAY = dt.timedelta(days=1)
QUARTER = 15 * 60 * 1_000_000
"""Microseconds of a quarter of an hour: what offsets and changes of today's clocks are multiples of."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What is computed: everything, or some countries whole and single pairs of country and period."""

    everything: bool = False
    whole: frozenset[str] = frozenset()
    pairs: frozenset[Pair] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.whole or self.pairs)

    def covers(self, country: str, period: dt.date) -> bool:
        """Whether the cell is computed."""
        return self.everything or country in self.whole or (country, period) in self.pairs

    def condition(self, dialect: Dialect, country: str, period: str) -> str:
        """SQL that is TRUE on rows of the cells; country and period are SQL texts."""
        if self.everything:
            return "TRUE"
        found = []
        if self.whole:
            found.append(f"{country} IN ({', '.join(literal(dialect, code) for code in sorted(self.whole))})")
        if self.pairs:
            pairs = [(literal(dialect, code), literal(dialect, day)) for code, day in sorted(self.pairs)]
            found.append(dialect.pair_in(country, period, pairs))
        return f"({' OR '.join(found)})" if found else "FALSE"


def local_period(
    dialect: Dialect, source: SourceLogic, zones: Mapping[str, str], grain: TimeGrain, countries: Sequence[str], relation: str
) -> str:
    """A query of all columns of the events of the countries, and `__period`: the first day of the local period they occurred in.

    The engine's own clocks are asked once for each country and quarter of an hour, not for each event: no reporting zone
    changes its clock inside one.
    """
    time, country = f'"{source.event_time}"', f'"{source.country}"'
    known = ", ".join(f"({literal(dialect, code)}, {literal(dialect, zones[code])})" for code in countries if code in zones)
    is_instant = source.columns[str(source.event_time)] is ColumnType.TIMESTAMP
    moment = _quarter(dialect.micros(time)) if is_instant else time
    day = dialect.local_day("__zone", "__moment") if is_instant else "__moment"
    period = day if grain is TimeGrain.DAY else f"CAST(date_trunc('{grain.value}', {day}) AS DATE)"
    moments = f"SELECT DISTINCT {country} AS __code, {moment} AS __moment FROM {relation} AS moments"
    clocks = f"SELECT __code, __moment, {period} AS __period FROM ({moments}) AS asked JOIN (VALUES {known}) AS zones(__code, __zone) USING (__code)"
    return (
        f"SELECT events.*, __period FROM {relation} AS events JOIN ({clocks}) AS clocks"
        f" ON events.{country} = clocks.__code AND {moment} = clocks.__moment"
    )


def _quarter(micros: str) -> str:
    """Microseconds since 1970 at which an instant's quarter of an hour began, also before 1970."""
    return f"({micros} - ({micros} % {QUARTER} + {QUARTER}) % {QUARTER})"


def days_of(period: dt.date, grain: TimeGrain) -> tuple[dt.date, dt.date]:
    """First and last UTC day on which events of a local period can have occurred: a day more on either side."""
    if grain is TimeGrain.DAY:
        end = period
    elif grain is TimeGrain.WEEK:
        end = period + 6 * DAY
    else:
        end = (period.replace(day=1) + 31 * DAY).replace(day=1) - DAY
    return period - DAY, end + DAY


def needed_days(source: SourceLogic, cells: Cells, grain: TimeGrain) -> Days | None:
    """The days on which events of the cells can have occurred, or None where any day may be needed."""
    if cells.everything or cells.whole or source.event_time is None:
        return None
    spans = (days_of(period, grain) for period in {period for _, period in cells.pairs})
    return Days(source.event_time, {first + n * DAY for first, last in spans for n in range((last - first).days + 1)})


def needed_files(files: Iterable[DataFile], source: SourceLogic, cells: Cells, grain: TimeGrain) -> tuple[DataFile, ...]:
    """The data files that can hold events of the cells, by the bounds of event time and country."""
    on = needed_days(source, cells, grain)
    if on is None:
        return tuple(files)
    spans, countries = on.stretches, {country for country, _ in cells.pairs}
    return tuple(file for file in files if _may_hold(file, source, spans, countries))


def _may_hold(file: DataFile, source: SourceLogic, spans: list[tuple[dt.date, dt.date]], countries: set[str]) -> bool:
    least, greatest = file.bounds.get(str(source.event_time), (None, None))
    first, last = _day(least), _day(greatest)
    if first is not None and last is not None and not any(first <= end and start <= last for start, end in spans):
        return False
    low, high = file.bounds.get(str(source.country), (None, None))
    return not (isinstance(low, str) and isinstance(high, str)) or any(low <= code <= high for code in countries)


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).date()
    return value if isinstance(value, dt.date) else None
