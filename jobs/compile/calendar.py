"""Local calendars as small tables: how far each country's clock is from UTC, and when that changes.

An engine that turns every event into local time by the name of its zone asks a time-zone library for each row. Between two
changes of a clock its offset is one number, and a run covers few changes, so they are computed here once and go into the
statement as a table of one row a country. Python's zone data decides, not the engine's, so all engines agree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jobs.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.compile.request import Periods

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_FURTHEST = dt.timedelta(hours=16)
"""No clock was ever further from UTC (Manila before 1844: almost 16 hours behind)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One country's clock within some span: its offset from UTC at the start, then each change as (UTC instant, new offset).

    All numbers are microseconds; instants count from 1970-01-01 UTC; an offset is positive east of Greenwich.
    """

    country: str
    offset: int
    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The clocks of all countries of a statement, in the order of their numbers."""

    clocks: tuple[Clock, ...]

    @property
    def is_utc(self) -> bool:
        """Whether every clock shows UTC all the time."""
        return all(clock.offset == 0 and not clock.changes for clock in self.clocks)

    @property
    def most_changes(self) -> int:
        """The greatest number of changes of any clock."""
        return max((len(clock.changes) for clock in self.clocks), default=0)


def calendar(zones: Mapping[str, str], start: dt.datetime, end: dt.datetime) -> Calendar:
    """The clocks of countries (zone name by code) between two UTC instants."""
    return Calendar(tuple(_clock(code, zone, start, end) for code, zone in zones.items()))


def utc_span(zones: Mapping[str, str], periods: Periods) -> tuple[dt.datetime, dt.datetime]:
    """From which UTC instant (inclusive) to which (exclusive) an event can lie in the periods in any of the zones."""
    first = dt.datetime.combine(periods.first, dt.time(), dt.UTC)
    end = dt.datetime.combine(periods.end, dt.time(), dt.UTC)
    offsets = [0]
    for zone in set(zones.values()):
        clock = _clock("", zone, first - _FURTHEST, end + _FURTHEST)
        offsets += [clock.offset, *(offset for _, offset in clock.changes)]
    return first - max(offsets) * _MICROSECOND, end - min(offsets) * _MICROSECOND


def _clock(country: str, zone: str, start: dt.datetime, end: dt.datetime) -> Clock:
    known = [change for year in range(start.year, end.year + 1) for change in _changes_of_year(zone, year)]
    first, last = micros(start), micros(end)
    return Clock(country, _offset(_zone(zone), start), tuple(change for change in known if first < change[0] < last))


def micros(instant: dt.datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise JobError(f"The time zone `{name}` is not known on this machine.", hint="use an IANA name, such as Asia/Tokyo.") from error


def _offset(zone: ZoneInfo, instant: dt.datetime) -> int:
    return (instant.astimezone(zone).utcoffset() or dt.timedelta()) // _MICROSECOND


@lru_cache(maxsize=8_192)
def _changes_of_year(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """All changes of a clock within one UTC year. Looks once a day and halves the day in which the offset differs."""
    zone = _zone(name)
    if year <= dt.MINYEAR or year >= dt.MAXYEAR:
        return ()
    at, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    offset, found = _offset(zone, at - dt.timedelta(seconds=1)), []
    at -= dt.timedelta(seconds=1)
    while at < end - dt.timedelta(seconds=1):
        following = min(at + dt.timedelta(days=1), end - dt.timedelta(seconds=1))
        if _offset(zone, following) == offset:
            at = following
            continue
        at = _first_second_after_change(zone, at, following)
        offset = _offset(zone, at)
        found.append((micros(at), offset))
    return tuple(found)


def _first_second_after_change(zone: ZoneInfo, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    old = _offset(zone, before)
    while after - before > dt.timedelta(seconds=1):
        middle = before + dt.timedelta(seconds=(after - before) // dt.timedelta(seconds=2))
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after
