"""Laws of the model of a large lake: no event is lost or made, no file is too large, and more of a thing never gives less."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.scale.commits import Contention
from jobs.scale.demand import Demand, split
from jobs.scale.layout import Layout, Partition, Table
from jobs.scale.measured import BYTES_AN_EVENT
from jobs.scale.simulation import Day, simulate

DEMANDS = st.builds(
    Demand,
    events_a_day=st.integers(0, 10**12),
    countries=st.integers(1, 204),
    tilt=st.floats(0, 2),
    swing=st.floats(0, 0.9),
    lateness=st.sampled_from([((0, 1, 1_000_000),), ((0, 1, 900_000), (1, 24, 90_000), (24, 72, 10_000)), Demand().lateness]),
)
LAYOUTS = st.builds(
    Layout,
    partition=st.sampled_from(Partition),
    minutes=st.sampled_from([60, 120, 360, 720]),
    writers=st.integers(1, 200),
    gathered=st.booleans(),
    write_mib=st.integers(1, 512),
    target_mib=st.integers(1, 512),
    small_mib=st.integers(1, 512),
    compact_minutes=st.sampled_from([0, 360, 1440]),
    compact_from=st.integers(1, 20),
    merge_manifests=st.integers(0, 20),
    keep_hours=st.integers(1, 100),
    late_minutes=st.sampled_from([0, 720, 1440]),
    pruned=st.booleans(),
)
BATCHES = st.lists(st.dictionaries(st.integers(0, 4), st.integers(1, 10**9), min_size=1), max_size=12)


def last(demand: Demand, layout: Layout, days: int = 2) -> Day:
    *_, day = simulate(demand, layout, days)
    return day


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_parts_of_a_split_add_up_and_none_is_below_zero(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    assert min(parts) >= 0


@given(DEMANDS, st.sampled_from([5, 60, 480]))
@settings(max_examples=25, deadline=None)
def test_batches_bring_every_event_of_their_days(demand: Demand, minutes: int) -> None:
    assert sum(demand.shares) == sum(demand.by_minute) == demand.events_a_day
    assert sum(batch.events for batch in demand.batches(2, minutes)) == 2 * demand.events_a_day


@given(DEMANDS, LAYOUTS)
@settings(max_examples=15, deadline=None)
def test_events_in_are_events_in_files_or_waiting(demand: Demand, layout: Layout) -> None:
    for day in simulate(demand, layout, 2):
        assert day.events + day.pending == day.day * demand.events_a_day
        assert 0 <= day.small_files <= day.files
        assert day.fullest_files <= day.files
        assert day.listed[0] <= day.files
        assert day.listed[1] <= day.manifests


@given(LAYOUTS, BATCHES)
@settings(max_examples=100, deadline=None)
def test_files_hold_what_was_appended_and_none_is_too_large(layout: Layout, batches: list[dict[int, int]]) -> None:
    table = Table(layout)
    for number, batch in enumerate(batches):
        table.append(batch)
        if number % 3 == 2:
            table.compact()
    held = {place: sum(each.events for each in files) for place, files in table.partitions.items()}
    assert held == {place: events for place, events in table.totals.items() if events}
    assert table.events == sum(sum(batch.values()) for batch in batches)
    all_files = [each for files in table.partitions.values() for each in files]
    assert table.files == sum(each.count for each in all_files)
    for each in all_files:
        assert each.count <= each.events
        assert each.largest == 1 or each.largest * BYTES_AN_EVENT <= max(layout.write_mib, layout.target_mib) * 2**20


@given(LAYOUTS, BATCHES)
@settings(max_examples=15, deadline=None)
def test_compaction_makes_files_fewer_and_a_second_one_changes_nothing(layout: Layout, batches: list[dict[int, int]]) -> None:
    table = Table(layout)
    for batch in batches:
        table.append(batch)
    before = table.files
    done = table.compact()
    assert table.files <= before
    assert done.commits <= done.files
    assert (done.events == 0) == (done.files == 0)
    assert table.compact().files == 0


@given(DEMANDS, LAYOUTS, st.integers(2, 10))
@settings(max_examples=15, deadline=None)
def test_more_events_never_need_fewer_files_or_less_to_look_through(demand: Demand, layout: Layout, times: int) -> None:
    layout = replace(layout, compact_minutes=0)
    more = replace(demand, events_a_day=demand.events_a_day * times)
    one, other = last(demand, layout), last(more, layout)
    assert other.files >= one.files
    assert other.bytes >= one.bytes
    assert other.looked_through >= one.looked_through


@given(DEMANDS.filter(lambda demand: demand.events_a_day > 10**6), LAYOUTS)
@settings(max_examples=15, deadline=None)
def test_shorter_batches_never_make_fewer_commits_or_files(demand: Demand, layout: Layout) -> None:
    layout = replace(layout, compact_minutes=0, late_minutes=0, keep_hours=100)
    short, long = last(demand, replace(layout, minutes=60)), last(demand, replace(layout, minutes=360))
    assert short.commits > long.commits
    assert short.files >= long.files
    assert short.metadata_written > long.metadata_written
    assert short.looked_through >= long.looked_through


@given(st.integers(1, 500), st.floats(0.1, 1440), st.floats(0, 86_400), st.integers(1, 20))
def test_more_writers_lose_more_often(writers: int, minutes: float, window: float, attempts: int) -> None:
    one, more = Contention(writers, minutes, window, attempts), Contention(writers + 1, minutes, window, attempts)
    assert 0 <= one.lost <= more.lost <= 1
    assert 0 <= one.given_up <= one.lost or writers == 1
    assert 1 <= one.tries <= attempts
    assert one.tries <= more.tries
