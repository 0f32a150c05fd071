"""Cells: the country and period pairs that a run computes, and which events and files they need.

A cell is touched when an event that occurred in it was added to bronze since the facts were computed. Used by `run_plan.py` to
find them and by `facts.py` to read no more than they need.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.ledger import sql_literal
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    def condition(self, country: str, period: str) -> str:
        """SQL that is TRUE on rows of the cells; both arguments are SQL texts."""
        if self.everything:
            return "TRUE"
        found = []
        if self.whole:
            found.append(f"{country} IN ({', '.join(sql_literal(code) for code in sorted(self.whole))})")
        if self.pairs:
            pairs = ", ".join(f"({sql_literal(code)}, {sql_literal(day)})" for code, day in sorted(self.pairs))
            found.append(f"({country}, {period}) IN (VALUES {pairs})")
        return f"({' OR '.join(found)})" if found else "FALSE"


def local_period(source: SourceLogic, zones: Mapping[str, str], grain: TimeGrain, countries: Sequence[str], relation: str) -> str:
    """A query of all columns of the events of the countries, and `__period`: the first day of the local period they occurred in.

    The engine's own clocks are asked once for each country and quarter of an hour, not for each event: no reporting zone
    changes its clock inside one.
    """
    time, country = f'"{source.event_time}"', f'"{source.country}"'
    known = ", ".join(f"({sql_literal(code)}, {sql_literal(zones[code])})" for code in countries if code in zones)
    is_instant = source.columns[str(source.event_time)] is ColumnType.TIMESTAMP
    moment = _quarter(time) if is_instant else time
    day = "CAST(timezone(__zone, make_timestamptz(__moment)) AS DATE)" if is_instant else "__moment"
    period = day if grain is TimeGrain.DAY else f"CAST(date_trunc('{grain.value}', {day}) AS DATE)"
    moments = f"SELECT DISTINCT {country} AS __code, {moment} AS __moment FROM {relation}"
    clocks = f"SELECT __code, __moment, {period} AS __period FROM ({moments}) JOIN (VALUES {known}) AS zones(__code, __zone) USING (__code)"
    events = f"SELECT *, {country} AS __code, {moment} AS __moment FROM {relation}"
    return f"SELECT * EXCLUDE (__code, __moment) FROM ({events}) JOIN ({clocks}) USING (__code, __moment)"


def _quarter(time: str) -> str:
    """Microseconds since 1970 at which an instant's quarter of an hour began, also before 1970."""
    return f"epoch_us({time}) - (epoch_us({time}) % {QUARTER} + {QUARTER}) % {QUARTER}"


def days_of(period: dt.date, grain: TimeGrain) -> tuple[dt.date, dt.date]:
    """First and last UTC day on which events of a local period can have occurred: a day more on either side."""
    if grain is TimeGrain.DAY:
        end = period
    elif grain is TimeGrain.WEEK:
        end = period + 6 * DAY
    else:
        end = (period.replace(day=1) + 31 * DAY).replace(day=1) - DAY
    return period - DAY, end + DAY


def needed_files(files: Iterable[DataFile], source: SourceLogic, cells: Cells, grain: TimeGrain) -> tuple[DataFile, ...]:
    """The data files that can hold events of the cells, by the bounds of event time and country."""
    if cells.everything or cells.whole or source.event_time is None:
        return tuple(files)
    spans = _merged(days_of(period, grain) for period in {period for _, period in cells.pairs})
    countries = {country for country, _ in cells.pairs}
    return tuple(file for file in files if _may_hold(file, source, spans, countries))


def _merged(spans: Iterable[tuple[dt.date, dt.date]]) -> list[tuple[dt.date, dt.date]]:
    found: list[tuple[dt.date, dt.date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + DAY:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


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
