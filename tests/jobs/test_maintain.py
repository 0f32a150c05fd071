"""Maintenance: small files become few, old snapshots go, and no reader, no run and no kept publication notices."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.errors import InfraError
from infra.tables.maintenance import TableUpkeep
from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger, ledger_check
from jobs.maintain import as_published
from jobs.maintain.as_published import NotKeptError
from jobs.maintain.compaction import commits_of, merges
from jobs.maintain.policy import MIB, MaintenancePolicy, read_policy
from jobs.maintain.work import MAINTENANCE
from jobs.table import Commit, DataFile
from metrics_catalog.errors import UsageError
from tests.support.catalogs import edit, metric_file, view, write
from tests.support.lakes import NOW, RunningLake, event
from tests.support.maintaining import maintained, soon

EVENTS, FACTS, COPY = "bronze.viewing_events", "gold.title_daily", "saved_jp.title_daily"
LEDGERS = (ledger.RUNS, ledger.PUBLICATIONS, ledger.RESTATEMENTS, MAINTENANCE)


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Six landings of one day, computed after each: many small files, many snapshots, a few restatements."""
    lake = RunningLake(tmp_path / "lake")
    for number in range(6):
        lake.events([
            event(10 * number, "JP", f"2026-11-01 1{number}:00"),
            event(10 * number + 1, "DE", "2026-11-01 20:00", "heartbeat"),
        ])  # fmt: skip
        lake.run()
    return lake


def files_on_disk(lake: RunningLake, table: str) -> set[str]:
    return {str(path) for path in (lake.root / "warehouse" / table.replace(".", "/") / "data").rglob("*.parquet")}


def test_small_files_of_a_partition_become_one_with_the_same_rows(lake: RunningLake) -> None:
    before = lake.read(EVENTS)
    report = maintained(lake)
    assert next(table for table in report.tables if table.name == EVENTS).merged == 6
    assert len(lake.tables.files(EVENTS)) == 1 and lake.read(EVENTS) == before


def test_published_numbers_and_ledgers_are_as_before(lake: RunningLake) -> None:
    before = lake.everything()
    maintained(lake)
    assert lake.everything() == before
    for spec in LEDGERS:
        assert ledger_check.verify(lake.tables, lake.engine, spec) == ()


def test_a_second_call_has_nothing_to_do(lake: RunningLake) -> None:
    assert not maintained(lake).did_nothing
    maintained(lake, keep_days=1.0)  # sweeps what the first call's own commits left behind
    snapshots = lake.snapshots()
    report = maintained(lake, keep_days=1.0)
    assert report.did_nothing, report.summary()
    assert lake.snapshots() == snapshots and report.summary()[-1].startswith("Nothing to do")


def test_a_run_after_maintenance_takes_nothing_for_new(lake: RunningLake) -> None:
    maintained(lake)
    assert lake.run().did_nothing


def test_a_run_after_maintenance_computes_exactly_what_is_new(lake: RunningLake, tmp_path: Path) -> None:
    other = RunningLake(tmp_path / "other")
    other.events([event(10 * n, "JP", f"2026-11-01 1{n}:00") for n in range(6)])
    other.events([event(10 * n + 1, "DE", "2026-11-01 20:00", "heartbeat") for n in range(6)])
    maintained(lake)
    late = event(99, "JP", "2026-11-03 10:00")
    for each in (lake, other):
        each.events([late])
        report = each.run()
    assert report.published
    assert lake.read(FACTS) == other.read(FACTS) and lake.read(COPY) == other.read(COPY)


def test_a_country_that_did_not_change_for_long_stays_published_and_is_not_published_again(lake: RunningLake) -> None:
    """What publishing must know of the past is written down before the snapshots that said it are forgotten."""
    lake.events([event(200, "NP", "2026-11-01 10:00")])
    lake.run()
    for number in range(3):
        lake.events([event(300 + number, "JP", f"2026-11-02 1{number}:00")])
        lake.run()
        maintained(lake)
    assert len(lake.tables.snapshots(FACTS)) <= 2
    lake.events([event(400, "JP", "2026-11-02 15:00")])
    report = lake.run()
    assert report.withdrawn == 0 and report.published == 1
    assert lake.read("saved_np.title_daily")


def test_events_that_no_view_has_computed_yet_are_not_merged(lake: RunningLake) -> None:
    lake.events([event(500, "JP", "2026-11-01 18:00")])
    lake.events([event(501, "JP", "2026-11-01 18:05")])
    new = {file.path for file in lake.tables.files_added(EVENTS, since=gold.state(lake.tables, "title_daily").inputs[EVENTS])}  # type: ignore[union-attr]  # it was computed
    maintained(lake)
    assert len(new) == 2 and new <= {file.path for file in lake.tables.files(EVENTS)}
    report = lake.run()
    assert report.views[0].reasons == ("new events in 1 country and period pairs",)


def test_a_view_that_maintenance_did_not_know_still_sees_what_it_missed(lake: RunningLake) -> None:
    """Its file was away when events it had not computed were merged: the merged file counts as new for it."""
    away = (lake.root / "views/title_daily.yaml").read_text()
    write(lake.root, "views/other_daily.yaml", view("other_daily", ["plays"], []))
    lake.run()
    (lake.root / "views/title_daily.yaml").unlink()
    lake.events([event(500, "NP", "2026-11-01 18:00"), event(501, "JP", "2026-11-01 18:00")])
    lake.run()
    maintained(lake, keep_days=30.0)
    assert len(lake.tables.files(EVENTS)) == 1
    (lake.root / "views/title_daily.yaml").write_text(away)
    lake.run()
    assert {row[0] for row in lake.read(FACTS, "viewing_country")} == {"DE", "JP", "NP"}


def test_a_dry_run_says_what_would_be_done_and_touches_nothing(lake: RunningLake) -> None:
    disk, snapshots = files_on_disk(lake, EVENTS), lake.snapshots()
    report = maintained(lake, dry_run=True)
    assert report.dry_run and sum(table.merged for table in report.tables) > 6 and report.summary()[-1].startswith("Dry run")
    assert (files_on_disk(lake, EVENTS), lake.snapshots()) == (disk, snapshots)
    assert report.as_json()["schema_version"] == 1


def test_what_a_dry_run_lists_is_what_is_removed(lake: RunningLake) -> None:
    listed = set(maintained(lake, dry_run=True).strays)
    assert listed and all(os.path.exists(path) for path in listed)  # noqa: PTH110  texts of paths
    maintained(lake)
    assert not any(os.path.exists(path) for path in listed)  # noqa: PTH110  texts of paths


def test_files_of_forgotten_snapshots_are_gone_and_all_others_are_there(lake: RunningLake) -> None:
    maintained(lake)
    maintained(lake)
    for table in (EVENTS, FACTS, COPY, ledger.RUNS.name):
        kept = {file.path for snapshot in lake.tables.snapshots(table) for file in lake.tables.files(table, snapshot_id=snapshot.id)}
        assert files_on_disk(lake, table) == kept


def test_ledgers_that_are_no_tables_are_left_alone(lake: RunningLake) -> None:
    kept = [lake.root / "warehouse/ledger/queries/2020-01-01.jsonl", lake.root / "warehouse/ledger/applies/2f.jsonl"]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}\n")
    maintained(lake)
    assert all(path.exists() for path in kept)


def test_files_that_a_killed_process_left_are_removed_when_they_are_old(lake: RunningLake) -> None:
    warehouse = lake.root / "warehouse"
    left = [
        warehouse / "bronze/viewing_events/data/dead/1.parquet",
        warehouse / ".staging/title_daily/data/dead/JP.parquet",
        warehouse / "landing/_incoming/viewing_events/dead/0001.jsonl",
        warehouse / "saved_xx/gone_view/data/1.parquet",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
    lake.tables.drop("saved_np.nothing")
    maintained(lake, stray_days=3.0)
    assert all(path.exists() for path in left)
    maintained(lake)
    assert [path.exists() for path in left[:3]] == [False, False, False] and left[3].exists(), "a folder that is no namespace is left alone"
    assert not left[0].parent.exists()


def test_files_of_a_dropped_table_are_removed(lake: RunningLake) -> None:
    lake.tables.drop(COPY)
    assert files_on_disk(lake, COPY)
    maintained(lake)
    assert not files_on_disk(lake, COPY)


def test_one_table_can_be_named_and_others_are_left(lake: RunningLake) -> None:
    maintained(lake, (EVENTS,))
    assert len(lake.tables.files(EVENTS)) == 1 and len(lake.tables.files(ledger.RUNS.name)) == 6
    with pytest.raises(JobError, match=r"no table `bronze\.event`"):
        maintained(lake, ("bronze.event",))


def test_what_was_published_stays_readable_as_published(lake: RunningLake) -> None:
    lake.events([event(600, "JP", "2026-11-01 10:00")])
    lake.run(now=NOW + dt.timedelta(days=10))
    spec = lake.tables.spec(COPY)
    assert spec is not None
    then, after = NOW + dt.timedelta(days=5), NOW + dt.timedelta(days=11)

    def rows(at: dt.datetime) -> list[tuple[Any, ...]]:
        copy = as_published.copy_at(lake.tables, lake.engine, "title_daily", "JP", at)
        return lake.engine.rows(f"SELECT * FROM {lake.engine.relation([file.path for file in copy.files], spec.columns)} ORDER BY ALL")

    before = {at: rows(at) for at in (then, after)}
    maintained(lake, now=NOW + dt.timedelta(days=30), keep_published_days=28.0)
    assert {at: rows(at) for at in (then, after)} == before and before[then] != before[after]
    maintained(lake, now=NOW + dt.timedelta(days=30), keep_published_days=1.0)
    assert rows(after) == before[after]
    with pytest.raises(NotKeptError, match=r"is not kept any more"):
        rows(then)


def test_a_name_keeps_a_publication_until_it_is_let_go(lake: RunningLake) -> None:
    upkeep = TableUpkeep(lake.tables)
    published = lake.read(COPY)
    assert all(one.is_new for one in as_published.keep(lake.tables, upkeep, "q4"))
    lake.events([event(600, "JP", "2026-11-01 10:00")])
    lake.run()
    maintained(lake)
    assert not any(one.is_new for one in as_published.keep(lake.tables, upkeep, "q4"))
    assert as_published.names(lake.tables, upkeep) == {"q4": 2}
    copy = as_published.copy_under(lake.tables, upkeep, "title_daily", "JP", "q4")
    spec = lake.tables.spec(COPY)
    assert spec is not None
    relation = lake.engine.relation([file.path for file in copy.files], spec.columns)
    assert lake.engine.rows(f"SELECT * FROM {relation} ORDER BY ALL") == published != lake.read(COPY)
    assert as_published.let_go(lake.tables, upkeep, "q4") == 2
    maintained(lake)
    with pytest.raises(NotKeptError, match="under the name `q4`"):
        as_published.copy_under(lake.tables, upkeep, "title_daily", "JP", "q4")


def test_a_snapshot_that_was_read_a_moment_ago_is_kept(lake: RunningLake) -> None:
    held = lake.tables.files(EVENTS)
    maintained(lake, keep_days=1.0)
    assert all(Path(file.path).exists() for file in held)
    lake.events([event(700, "JP", "2026-11-03 10:00")])
    lake.run()
    maintained(lake, now=soon() + dt.timedelta(days=2), keep_days=1.0)
    assert not any(Path(file.path).exists() for file in held)


def test_facts_of_a_run_that_was_cut_off_are_left_for_the_next_run(lake: RunningLake) -> None:
    lake.tables.drop(ledger.RUNS.name)
    report = maintained(lake)
    assert next(table for table in report.tables if table.name == FACTS).left == "a run was cut off: `ringi run` finishes it"
    assert len(lake.tables.snapshots(FACTS)) == 7


def test_a_branch_of_a_run_that_was_cut_off_is_dropped_when_it_is_old(lake: RunningLake) -> None:
    head = lake.tables.snapshot(FACTS)
    assert head is not None
    lake.tables.commit(Commit(FACTS, [], branch="run-dead", parent=head.id))
    maintained(lake, stray_days=3.0)
    assert lake.tables.snapshot(FACTS, "run-dead") is not None
    maintained(lake, now=soon() + dt.timedelta(days=4), stray_days=3.0)
    assert lake.tables.snapshot(FACTS, "run-dead") is None


def test_merging_the_rows_of_a_dimension_computes_nothing_anew(lake: RunningLake) -> None:
    """A dimension that changed touches every fact; the same rows in other files do not."""
    head = lake.tables.snapshot(EVENTS)
    assert head is not None
    edit(lake.root, metric_file("plays"), lambda d: d.update(tier="standard"))
    lake.tables.commit(Commit(EVENTS, [], parent=head.id, rewrites=True))
    assert lake.run().did_nothing


def file(number: int, size: float, day: int = 1) -> DataFile:
    return DataFile(f"{number}.parquet", 1, int(size * MIB), (dt.date(2026, 11, day),))


def test_files_are_merged_only_where_a_partition_has_too_many_small_ones() -> None:
    policy = MaintenancePolicy(target_mb=100, smallest_mb=30, most_small_files=2)
    few = [file(1, 1), file(2, 1), file(3, 40), file(4, 1, day=2)]
    assert merges(few, policy) == ()
    many = [*few, file(5, 25), file(6, 28), file(7, 29), file(8, 29)]
    found = merges(many, policy)
    assert [[one.path for one in merge.files] for merge in found] == [["1.parquet", "2.parquet", "5.parquet", "6.parquet", "7.parquet"]]
    assert all(merge.bytes <= 100 * MIB for merge in found)


def test_one_commit_has_one_merge_a_partition_and_is_not_too_large() -> None:
    policy = MaintenancePolicy(target_mb=10, smallest_mb=10, most_small_files=1, commit_mb=12)
    planned = merges([file(10 * day + n, 5, day) for day in (1, 2, 3) for n in range(4)], policy)
    groups = list(commits_of(planned, policy))
    assert len(planned) == 6 and {one.files[0].path for group in groups for one in group} == {one.files[0].path for one in planned}
    assert all(len({one.files[0].partition for one in group}) == len(group) for group in groups)
    assert all(len(group) == 1 or sum(one.bytes for one in group) <= 12 * MIB for group in groups)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"keep_day": 3}, "unknown field `keep_day`"),
        ({"keep_days": "3"}, "`keep_days` of \\[maintenance\\] is '3'"),
        ({"keep_days": -1}, "is -1"),
        ({"keep_days": True}, "is True"),
        ({"smallest_mb": 500}, "more than `target_mb`"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(section: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_policy(section)


def test_a_policy_says_what_is_unsafe_about_it() -> None:
    assert read_policy({}).unsafe == ()
    assert len(read_policy({"keep_days": 0, "stray_days": 0.5}).unsafe) == 2


def test_a_copied_lake_is_refused_before_anything_is_touched(lake: RunningLake, tmp_path: Path) -> None:
    """Its tables refer to the files of the original, so all of its own would look as if nobody needed them."""
    shutil.copytree(lake.root, tmp_path / "copy")
    copied = RunningLake(tmp_path / "copy")
    with pytest.raises(InfraError, match="RNG-JOB-081"):
        maintained(copied)
    assert copied.snapshots() == lake.snapshots() and files_on_disk(copied, EVENTS)
