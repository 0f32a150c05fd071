"""Clocks as tables of numbers: the same local time as Python's zone data gives, for every zone and instant."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.compile import Periods, utc_span
from jobs.compile.calendar import Clock, calendar, micros
from jobs.errors import JobError
from metrics_catalog.view import TimeGrain

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MINUTE = 60_000_000


def offset_at(clock: Clock, instant: dt.datetime) -> int:
    """What the clock says at an instant, in microseconds."""
    return [clock.offset, *(offset for at, offset in clock.changes if at <= micros(instant))][-1]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ZONES), st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2037, 12, 30), timezones=st.just(dt.UTC)), st.integers(1, 800)
)
def test_a_clock_says_what_the_zone_data_say(zone: str, instant: dt.datetime, days: int) -> None:
    start = instant - dt.timedelta(days=days // 2)
    (clock,) = calendar({"XX": zone}, start, instant + dt.timedelta(days=1)).clocks
    assert offset_at(clock, instant) == (instant.astimezone(ZoneInfo(zone)).utcoffset() or dt.timedelta()) / dt.timedelta(microseconds=1)
    assert all(micros(start) < at for at, _ in clock.changes)


def test_changes_are_known_to_the_second() -> None:
    start, end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    zones = {"DE": "Europe/Berlin", "LH": "Australia/Lord_Howe", "NP": "Asia/Kathmandu"}
    berlin, lord_howe, kathmandu = calendar(zones, start, end).clocks
    assert berlin.offset == 60 * MINUTE
    assert berlin.changes == (
        (micros(dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)), 120 * MINUTE),
        (micros(dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)), 60 * MINUTE),
    )
    assert [offset for _, offset in lord_howe.changes] == [630 * MINUTE, 660 * MINUTE]
    assert kathmandu == Clock("NP", 345 * MINUTE, ())


def test_a_clock_that_skips_a_day_jumps_by_a_day() -> None:
    start, end = dt.datetime(2011, 12, 1, tzinfo=dt.UTC), dt.datetime(2012, 1, 1, tzinfo=dt.UTC)
    (apia,) = calendar({"WS": "Pacific/Apia"}, start, end).clocks
    assert (apia.offset, apia.changes) == (-600 * MINUTE, ((micros(dt.datetime(2011, 12, 30, 10, tzinfo=dt.UTC)), 840 * MINUTE),))


def test_only_a_calendar_that_is_utc_all_the_time_is_utc() -> None:
    start, end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    assert calendar({"GB": "UTC", "IS": "Atlantic/Reykjavik"}, start, end).is_utc
    assert calendar({"GB": "Europe/London"}, start, end).is_utc
    assert not calendar({"GB": "Europe/London"}, start, dt.datetime(2026, 7, 1, tzinfo=dt.UTC)).is_utc


def test_the_utc_span_holds_every_event_of_the_periods_and_little_more() -> None:
    periods = Periods(TimeGrain.DAY, dt.date(2026, 3, 29), dt.date(2026, 3, 30))
    assert utc_span({"GB": "UTC"}, periods) == (dt.datetime(2026, 3, 29, tzinfo=dt.UTC), dt.datetime(2026, 3, 30, tzinfo=dt.UTC))
    start, end = utc_span({"JP": "Asia/Tokyo", "US": "America/Los_Angeles"}, periods)
    assert (start, end) == (dt.datetime(2026, 3, 28, 15, tzinfo=dt.UTC), dt.datetime(2026, 3, 30, 7, tzinfo=dt.UTC))
    start, end = utc_span({"DE": "Europe/Berlin"}, periods)
    assert start <= dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC) and end >= dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)


def test_a_zone_nobody_knows_is_named() -> None:
    with pytest.raises(JobError, match="`Mars/Olympus`"):
        calendar({"XX": "Mars/Olympus"}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
