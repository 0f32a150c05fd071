"""Chunks and files: whatever the spans of bronze files, every event's local period is computed once, from every file that may hold it."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.compile.request import next_start, start_of
from jobs.engines.duckdb import MOST_ROWS
from jobs.facts.cells import Cells, days_of, needed_files
from jobs.facts.chunks import FURTHEST_CLOCK, chunks, reach, span_of
from jobs.table import DataFile
from metrics_catalog.logic import SourceLogic
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

SOURCE = SourceLogic(
    source="viewing_events",
    delivery="events",
    key=("event_id",),
    event_time="occurred_at",
    received_time=None,
    country="viewing_country",
    columns={"occurred_at": ColumnType.TIMESTAMP, "viewing_country": ColumnType.STRING},
)
DAYS = st.dates(dt.date(2026, 10, 20), dt.date(2026, 12, 10))
GRAINS = st.sampled_from(list(TimeGrain))


@st.composite
def data_files(draw: st.DrawFn) -> DataFile:
    first, more = draw(DAYS), draw(st.integers(0, 3))
    hours = draw(st.tuples(st.integers(0, 23), st.integers(0, 23)))
    start = dt.datetime.combine(first, dt.time(min(hours)), dt.UTC)
    end = dt.datetime.combine(first + dt.timedelta(days=more), dt.time(max(hours)), dt.UTC)
    countries = sorted(draw(st.lists(st.sampled_from(["DE", "JP", "US"]), min_size=2, max_size=2)))
    bounds = {"occurred_at": (start, end), "viewing_country": (countries[0], countries[1])}
    return DataFile(draw(st.uuids()).hex, draw(st.integers(1, 60_000_000)), 1, (), bounds)


@settings(max_examples=60)
@given(st.lists(data_files(), min_size=1, max_size=8), GRAINS, st.integers(-12, 14))
def test_each_local_period_of_each_file_is_in_one_chunk_that_reads_the_file(files: list[DataFile], grain: TimeGrain, offset: int) -> None:
    found = list(chunks([span for file in files if (span := span_of("bronze.x", file, "occurred_at", FURTHEST_CLOCK))], grain, MOST_ROWS))
    for file in files:
        for instant in file.bounds["occurred_at"]:
            assert isinstance(instant, dt.datetime)
            period = start_of(grain, (instant + dt.timedelta(hours=offset)).date())
            holding = [chunk for chunk in found if chunk.periods.first <= period < chunk.periods.end]
            assert len(holding) == 1 and file.path in holding[0].files["bronze.x"]
    starts = [chunk.periods.first for chunk in found]
    assert starts == sorted(starts) and all(one.periods.end <= other.periods.first for one, other in itertools.pairwise(found))


@settings(max_examples=60)
@given(st.lists(data_files(), min_size=1, max_size=8), GRAINS, DAYS, st.sampled_from(["DE", "JP", "US"]), st.integers(-12, 14))
def test_no_file_that_may_hold_a_cell_is_left_out(files: list[DataFile], grain: TimeGrain, day: dt.date, code: str, offset: int) -> None:
    period = start_of(grain, day)
    needed = needed_files(files, SOURCE, Cells(pairs=frozenset({(code, period)})), grain)
    for file in files:
        low, high = file.bounds["viewing_country"]
        local = [
            (instant + dt.timedelta(hours=offset)).date() for instant in file.bounds["occurred_at"] if isinstance(instant, dt.datetime)
        ]
        overlaps = local[0] < next_start(grain, period) and period <= local[1]
        if overlaps and str(low) <= code <= str(high):
            assert file in needed


@pytest.mark.parametrize(
    ("grain", "period", "expected"),
    [
        (TimeGrain.DAY, dt.date(2026, 3, 1), (dt.date(2026, 2, 28), dt.date(2026, 3, 2))),
        (TimeGrain.WEEK, dt.date(2026, 11, 2), (dt.date(2026, 11, 1), dt.date(2026, 11, 9))),
        (TimeGrain.MONTH, dt.date(2028, 2, 1), (dt.date(2028, 1, 31), dt.date(2028, 3, 1))),
        (TimeGrain.MONTH, dt.date(2026, 12, 1), (dt.date(2026, 11, 30), dt.date(2027, 1, 1))),
    ],
)
def test_a_period_needs_a_day_more_on_either_side(grain: TimeGrain, period: dt.date, expected: tuple[dt.date, dt.date]) -> None:
    assert days_of(period, grain) == expected


def test_chunks_are_cut_where_they_hold_too_many_events() -> None:
    big = MOST_ROWS // 2 + 1
    spans = []
    for day in range(1, 9):
        instant = dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC)
        file = DataFile(f"f{day}", big, 1, (), {"occurred_at": (instant, instant)})
        spans.append(span_of("bronze.x", file, "occurred_at", FURTHEST_CLOCK))
    found = list(chunks([span for span in spans if span is not None], TimeGrain.DAY, MOST_ROWS))
    assert len(found) > 4
    assert all(len(chunk.files["bronze.x"]) <= 4 for chunk in found)


def test_days_without_any_file_fall_out() -> None:
    instants = [dt.datetime(1970, 1, 5, 12, tzinfo=dt.UTC), dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)]
    files = [DataFile(str(at.year), 1, 1, (), {"occurred_at": (at, at)}) for at in instants]
    found = list(
        chunks([span for file in files if (span := span_of("bronze.x", file, "occurred_at", FURTHEST_CLOCK))], TimeGrain.DAY, MOST_ROWS)
    )
    assert [(chunk.periods.first.year, chunk.periods.count) for chunk in found] == [(1970, 3), (2026, 3)]


def test_clocks_on_utc_need_no_neighbouring_day() -> None:
    at = dt.datetime(2026, 11, 5, 23, tzinfo=dt.UTC)
    file = DataFile("x", 1, 1, (), {"occurred_at": (at, at)})
    span = span_of("bronze.x", file, "occurred_at", reach([{"JP": "UTC"}]))
    assert span is not None and (span.first, span.last) == (at.date(), at.date())
    assert reach([{"JP": "UTC"}, {"JP": "Asia/Tokyo"}]) == FURTHEST_CLOCK


def test_a_file_without_bounds_has_no_span_and_is_never_skipped() -> None:
    file = DataFile("x", 1, 1, ())
    assert span_of("bronze.x", file, "occurred_at", FURTHEST_CLOCK) is None
    cells = Cells(pairs=frozenset({("JP", dt.date(2026, 11, 1))}))
    assert needed_files([file], SOURCE, cells, TimeGrain.DAY) == (file,)
