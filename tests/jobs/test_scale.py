"""The model of a large lake: what it says follows from what it was given, and its tables are those that the document shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jobs.scale.__main__ import DESIGNS, main
from jobs.scale.commits import Contention
from jobs.scale.demand import Demand, split
from jobs.scale.layout import Layout, Partition
from jobs.scale.prices import day_price, prices
from jobs.scale.simulation import Day, simulate
from jobs.scale.work import Publishing, pairs_an_event, work

DOCUMENT = Path(__file__).parents[2] / "docs" / "scale.md"
SMALL = Demand(events_a_day=1_000_000_000, countries=20)
HOURLY = Layout(minutes=60)


def last(demand: Demand, layout: Layout, days: int = 3) -> Day:
    *_, day = simulate(demand, layout, days)
    return day


def test_the_day_of_the_document_is_24_million_viewers_at_once() -> None:
    assert 24e6 < Demand().viewers < 25e6
    assert Demand().events_a_day / 86_400 == pytest.approx(810_185, abs=1)


def test_countries_have_a_long_tail() -> None:
    shares = Demand().shares
    assert shares[0] / sum(shares) == pytest.approx(0.17, abs=0.005)
    assert shares[0] / shares[-1] == pytest.approx(204, rel=0.01)


def test_evening_is_busier_than_the_mean() -> None:
    assert max(SMALL.by_minute) > SMALL.events_a_day / 1440 * 1.05


def test_a_split_needs_something_to_split_by() -> None:
    with pytest.raises(ValueError, match="weight above zero"):
        split(10, [0, 0])


def test_a_batch_of_a_busy_lake_touches_every_day_that_may_still_change() -> None:
    assert last(SMALL, HOURLY, days=10).touched == pytest.approx(8, abs=0.1)


def test_cutting_days_by_country_makes_more_files_and_reads_no_less() -> None:
    whole, cut = (last(SMALL, Layout(each, 60, compact_minutes=0)) for each in (Partition.DAY, Partition.COUNTRY))
    assert cut.touched == pytest.approx(20 * whole.touched, rel=0.05)
    assert cut.files_written > 2 * whole.files_written
    assert cut.looked_through == whole.looked_through


def test_a_lake_without_late_events_touches_one_day() -> None:
    assert last(Demand(1_000_000, 20, lateness=((0, 1, 1_000_000),)), HOURLY).touched == 1


def test_late_events_that_wait_leave_the_search_for_repeats_little_to_read() -> None:
    each, lane = (last(SMALL, Layout(Partition.HOUR, 60, late_minutes=late)) for late in (0, 1440))
    assert lane.looked_through < each.looked_through / 10
    assert lane.events == each.events


def test_events_that_wait_at_the_end_are_told() -> None:
    waiting = last(SMALL, Layout(minutes=60, late_minutes=2 * 1440), days=3)
    assert 0 < waiting.pending < SMALL.events_a_day
    assert waiting.events + waiting.pending == 3 * SMALL.events_a_day


def test_writers_that_do_not_gather_rows_write_a_file_each_in_every_partition() -> None:
    gathered, spread = (last(SMALL, Layout(minutes=60, gathered=each, compact_minutes=0)) for each in (True, False))
    assert spread.files_written == pytest.approx(8 * 64 * 24, rel=0.1)
    assert gathered.files_written < spread.files_written / 10


def test_compaction_leaves_few_small_files_and_rewrites_no_large_one() -> None:
    spread = Layout(minutes=60, gathered=False, compact_minutes=0)
    never, daily = last(SMALL, spread), last(SMALL, Layout(minutes=60, gathered=False))
    assert daily.files < never.files / 10
    assert daily.small_files < Layout().compact_from * 8
    assert daily.rewritten <= 2 * SMALL.events_a_day


def test_snapshots_are_kept_as_long_as_asked() -> None:
    assert last(SMALL, Layout(minutes=60, keep_hours=24, compact_minutes=0)).snapshots == 24


def test_merged_manifests_are_few() -> None:
    many, few = (last(SMALL, Layout(minutes=15, merge_manifests=most, compact_minutes=1440)) for most in (0, 50))
    assert many.manifests > 50 >= few.manifests


def test_listing_only_what_is_touched_reads_less() -> None:
    all_of_it, touched = (last(SMALL, Layout(Partition.HOUR, 60, late_minutes=1440, pruned=each), days=6) for each in (False, True))
    assert touched.listed[0] < all_of_it.listed[0]
    assert touched.listing_ms < all_of_it.listing_ms


def test_writers_of_one_table_are_in_each_others_way_and_one_alone_never_is() -> None:
    assert Contention(1, 5, 300).lost == Contention(1, 5, 300).given_up == 0
    assert Contention(2, 5, 300).lost == pytest.approx(0.632, abs=0.001)
    assert Contention(2, 5, 0.1).lost < 0.001
    assert Contention(2, 5, 300, attempts=1).tries == 1


def test_facts_read_the_open_days_in_every_run() -> None:
    day = last(SMALL, HOURLY)
    every, once = (work(SMALL, HOURLY, day, Publishing(views=1, runs=24, closed_runs=closed)) for closed in (24, 1))
    assert every.facts_events == SMALL.events_a_day * (12 + 24 * 7)
    assert once.facts_events == SMALL.events_a_day * (12 + 7)


def test_partials_read_each_event_once_a_view() -> None:
    done = work(SMALL, HOURLY, last(SMALL, HOURLY), Publishing(views=3, closed_runs=0, partials=True))
    assert done.facts_events == 3 * SMALL.events_a_day


def test_metadata_of_copies_grows_with_what_must_stay_readable() -> None:
    day = last(SMALL, HOURLY)
    quarter, week = (work(SMALL, HOURLY, day, Publishing(keep_days=days)) for days in (92, 7))
    assert quarter.copy_metadata > 10 * week.copy_metadata
    assert quarter.publication_seconds > week.publication_seconds


def test_reports_of_many_small_objects_make_the_metadata_large() -> None:
    large, small = (last(SMALL, Layout(minutes=60, object_mib=each)).metadata_bytes for each in (64, 1))
    assert small > 20 * large


def test_copies_written_whole_grow_with_history() -> None:
    day = last(SMALL, HOURLY)
    year, ten = (work(SMALL, HOURLY, day, Publishing(history_days=days)).copied_bytes for days in (365, 3650))
    assert ten == 10 * year
    assert work(SMALL, HOURLY, day, Publishing(history_days=3650, whole_copies=False)).copied_bytes < year / 10


def test_rows_in_order_of_arrival_hardly_join_before_they_are_exchanged() -> None:
    in_file, in_day = pairs_an_event(Demand(), Layout(), Publishing())
    assert in_file == in_day > 0.9
    in_batch, sorted_day = pairs_an_event(Demand(), Layout(), Publishing(by_member=True))
    assert sorted_day < in_batch == pytest.approx(0.1)


def test_the_price_is_of_a_day_and_says_of_which_list() -> None:
    done = work(SMALL, HOURLY, last(SMALL, HOURLY), Publishing())
    dollars = day_price(done, stored_bytes=1e15, keys=204, price=prices())
    assert dollars["storage"] == pytest.approx(1e6 * 0.022 / 30)
    assert dollars["keys"] > 204 / 30
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", prices().date)


def test_the_command_prints_tables_or_one_json_value(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--events", "1e6", "--days", "2", "--minutes", "60"]
    assert main(words) == 0
    assert "1,000,000 events a day, 204 countries" in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema_version"] == 1
    assert [day["events"] for day in found["days"]] == [1_000_000, 2_000_000]


def test_an_option_changes_the_design_that_it_starts_from(capsys: pytest.CaptureFixture[str]) -> None:
    main(
        [
            "--events",
            "1e6",
            "--days",
            "1",
            "--minutes",
            "60",
            "--design",
            "late-lane",
            "--partition",
            "day",
            "--runs",
            "4",
            "--format",
            "json",
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert (found["layout"]["partition"], found["layout"]["late_minutes"], found["publishing"]["runs"]) == ("day", 1440, 4)


@pytest.mark.parametrize("minutes", ["7", "0", "2000"])
def test_minutes_that_do_not_fit_a_day_are_refused(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--minutes", minutes])
    assert ended.value.code == 2
    assert "do not fit a day" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_the_document_shows_what_the_command_prints(design: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = f"python -m jobs.scale --design {design}"
    main(command.split()[3:])
    printed = capsys.readouterr().out.strip()
    shown = DOCUMENT.read_text(encoding="utf-8").partition(f"`{command}`:\n\n")[2]
    assert shown.startswith(printed), f"run `{command}` and put what it prints after its name in docs/scale.md"
