"""Backfills: facts computed anew in pieces are those that a run computes, and nothing is published before they all are there."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from jobs.backfill.prices import prices
from jobs.backfill.state import BACKFILLS
from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger_check
from jobs.table import Commit
from tests.support.backfilling import backfilled, prepared, run_lake
from tests.support.catalogs import edit, metric_file
from tests.support.lakes import RunningLake, event

FACTS = "gold.title_daily"
DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
WHOLE = ("2026-10-01", "2026-12-01")


def with_events(root: Path) -> RunningLake:
    lake = RunningLake(root)
    for number, day in enumerate(DAYS):
        lake.events([event(10 * number, "JP", f"{day} 01:00"), event(10 * number + 1, "DE", f"{day} 12:00", "heartbeat")])
    return lake


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    return with_events(tmp_path / "lake")


@pytest.fixture
def unharmed(tmp_path: Path) -> RunningLake:
    lake = with_events(tmp_path / "unharmed")
    lake.run()
    return lake


def tamper(lake: RunningLake) -> None:
    """Wrong facts on main, by hand: what a mistrusted period looks like."""
    spec, head = lake.tables.spec(FACTS), lake.tables.snapshot(FACTS)
    assert spec is not None and head is not None
    files = [file for file in lake.tables.files(FACTS) if file.partition[0] == dt.date(2026, 11, 2)]
    held = lake.engine.relation([file.path for file in files], spec.columns)
    wrong = lake.engine.write(
        f"SELECT * REPLACE (plays + 7 AS plays) FROM {held}", f"{lake.tables.data_folder(FACTS)}/wrong", spec.columns, spec.partition
    )
    summary = {**gold.carried(head), gold.RUN_ID: gold.carried(head)[gold.RUN_ID]}
    lake.tables.commit(Commit(FACTS, [file.path for file in wrong], [file.path for file in files], summary=summary, parent=head.id))


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_first_computation_in_pieces_gives_what_one_run_gives(lake: RunningLake, unharmed: RunningLake, parallel: int) -> None:
    report = backfilled(lake, *WHOLE, parallel=parallel)
    assert report.pieces >= 4 and report.published == 2
    mine, other = lake.everything(), unharmed.everything()
    for each in (mine, other):
        each.pop("ledger.backfills", None)
    assert mine == other
    assert lake.run().did_nothing


def test_a_mistrusted_period_is_computed_anew_and_restated(lake: RunningLake, unharmed: RunningLake) -> None:
    lake.run()
    tamper(lake)
    assert lake.read(FACTS) != unharmed.read(FACTS)
    report = backfilled(lake, "2026-11-02", "2026-11-02")
    assert (report.pieces, report.periods) == (1, 1) and report.restated == 2 and report.published == 2
    assert lake.read(FACTS) == unharmed.read(FACTS) and lake.read("saved_jp.title_daily") == unharmed.read("saved_jp.title_daily")
    assert {row[-1] for row in lake.restatements()} == {"backfill"}


def test_facts_that_were_right_stay_and_nothing_is_published_again(lake: RunningLake) -> None:
    lake.run()
    before = lake.everything()
    report = backfilled(lake, *WHOLE, parallel=2)
    assert (report.restated, report.published) == (0, 0)
    assert lake.everything() == before
    assert lake.run().did_nothing


def test_only_the_countries_that_were_named_are_computed(lake: RunningLake) -> None:
    lake.run()
    tamper(lake)
    backfilled(lake, "2026-11-02", "2026-11-02", countries=("JP",))
    spec = lake.tables.spec(FACTS)
    assert spec is not None
    held = lake.engine.relation([file.path for file in lake.tables.files(FACTS)], spec.columns)
    plays = dict(lake.engine.rows(f"SELECT viewing_country, sum(plays) FROM {held} GROUP BY ALL"))
    assert plays == {"JP": 4, "DE": 7}


def test_events_that_came_meanwhile_are_left_for_the_next_run(lake: RunningLake, unharmed: RunningLake) -> None:
    lake.run()
    late = [event(90, "JP", "2026-11-03 02:00"), event(91, "DE", "2026-11-01 12:00")]
    for each in (lake, unharmed):
        each.events(late)
    backfilled(lake, "2026-11-03", "2026-11-03")
    report = lake.run()
    unharmed.run()
    assert "new events" in report.views[0].reasons[0]
    assert lake.read(FACTS) == unharmed.read(FACTS)


def test_a_new_country_is_computed_whole_or_not_at_all(lake: RunningLake) -> None:
    lake.run()
    edit(lake.root, metric_file("plays"), lambda d: d.update(countries={"JP": {"filter": "event_type = 'pause'", "reason": "For a test."}}))
    with pytest.raises(JobError, match="never computed in its present meaning for JP"):
        backfilled(lake, "2026-11-02", "2026-11-03")
    backfilled(lake, *WHOLE, countries=("JP",))
    assert {row[0] for row in lake.read("saved_jp.title_daily", "plays")} == {0}
    report = lake.run()
    assert report.views == () and report.published == 0


def test_a_view_whose_columns_changed_is_left_to_a_run(lake: RunningLake) -> None:
    lake.run()
    edit(lake.root, "views/title_daily.yaml", lambda d: d["metrics"].remove("viewers"))
    with pytest.raises(JobError, match="RNG-JOB-082"):
        backfilled(lake, *WHOLE)


def test_a_country_that_the_view_is_not_for_is_refused(lake: RunningLake) -> None:
    with pytest.raises(JobError, match="is not for QQ"):
        prepared(lake, *WHOLE, countries=("QQ",))


def test_days_without_events_and_facts_are_nothing_to_do(lake: RunningLake) -> None:
    lake.run()
    heads = lake.snapshots()
    report = backfilled(lake, "2025-01-01", "2025-01-31")
    assert report.summary() == ["Nothing to do: `title_daily` has neither events nor facts in these days."]
    assert lake.snapshots() == heads


def test_an_estimate_counts_the_columns_that_the_metrics_use(lake: RunningLake) -> None:
    lake.run()
    ready = prepared(lake, "2026-11-02", "2026-11-03")
    found = ready.estimate(run_lake(lake), 2)
    whole = sum(file.bytes for file in lake.tables.files("bronze.viewing_events"))
    assert found.pieces == found.periods == 2 and 0 < found.bytes < whole
    told = found.as_json()["price"]
    assert told["estimate"] and told["dated"] == prices().dated.isoformat() and told["athena"] == 2 * 10_000_000 / 1e12 * 5
    assert "An estimate from list prices of 2026-11-22" in found.lines()[-1] and "assumed" in found.lines()[1]
    json.dumps(found.as_json())


def test_the_next_estimate_is_measured_on_the_last_backfill(lake: RunningLake) -> None:
    lake.run()
    backfilled(lake, "2026-11-02", "2026-11-03")
    assert "measured on pieces of this view" in prepared(lake, "2026-11-02", "2026-11-02").estimate(run_lake(lake), 2).lines()[1]


def test_the_same_backfill_after_its_end_begins_anew(lake: RunningLake) -> None:
    lake.run()
    first, second = (backfilled(lake, "2026-11-02", "2026-11-02") for _ in range(2))
    assert first.backfill_id != second.backfill_id and second.pieces == 1 and second.done_before == 0
    assert [row[0] for row in lake.read(BACKFILLS.name, "step", "block_number")] == ["begun", "finished"] * 2
    assert ledger_check.verify(lake.tables, lake.engine, BACKFILLS) == ()


def test_time_left_is_told_after_the_first_pieces(lake: RunningLake) -> None:
    said: list[str] = []
    backfilled(lake, *WHOLE, said=said)
    assert len(said) == 1 and "pieces computed in" in said[0] and said[0].endswith("left.")
