"""Iceberg tables in a local folder: what we write, PyIceberg reads, and the other way round; commits are whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infra.errors import InfraError
from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import relation
from jobs.errors import CommitConflictError
from jobs.table import Commit, DefinerView, PartitionField, TableColumn, TableSpec
from metrics_catalog.source import ColumnType
from tests.support.tables import EVENTS, ROWS, SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path / "a lake")


def test_reading_a_lake_that_does_not_exist_creates_nothing(tmp_path: Path) -> None:
    tables = LocalTables(tmp_path / "warehouse")
    assert tables.namespaces() == () and tables.names("gold") == () and tables.spec("gold.x") is None
    assert tables.files("gold.x") == () and tables.snapshot("gold.x") is None and tables.view("views_jp.x") is None
    assert not (tmp_path / "warehouse").exists()


def test_pyiceberg_reads_what_was_committed(lake: SmallLake) -> None:
    lake.append(0, 100, summary={"ringi.run": "r1"})
    table = lake.pyiceberg().load_table("bronze.events")
    assert sorted(table.scan().to_arrow().column("id").to_pylist()) == list(range(100))
    assert table.current_snapshot().summary["ringi.run"] == "r1"
    assert table.current_snapshot().summary["total-records"] == "100"
    row = table.scan(row_filter="id == 8").to_arrow().to_pylist()[0]
    assert row["at"] == dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC) and row["day"] == dt.date(2026, 11, 9)
    assert float(row["price"]) == 2.666667 and row["seconds"] == 8 / 7 and row["live"] is True


def test_partitions_and_bounds_let_pyiceberg_skip_files(lake: SmallLake) -> None:
    lake.append(0, 100)
    table = lake.pyiceberg().load_table("bronze.events")
    some = table.scan(row_filter="at >= '2026-11-05T00:00:00+00:00' and country == 'JP'")
    planned = list(some.plan_files())
    assert 0 < len(planned) < len(lake.tables.files("bronze.events")) / 2
    assert sorted(some.to_arrow().column("id").to_pylist()) == [i for i in range(100) if i % 3 == 0 and i >= 74]


def test_files_know_their_partition_and_bounds(lake: SmallLake) -> None:
    lake.append(0, 3)
    files = {file.partition: file for file in lake.tables.files("bronze.events")}
    assert set(files) == {(dt.date(2026, 11, 1), "JP"), (dt.date(2026, 11, 1), "DE"), (dt.date(2026, 11, 2), None)}
    file = files[dt.date(2026, 11, 2), None]
    assert file.rows == 1 and file.bounds["id"] == (2, 2) and "country" not in file.bounds
    assert file.bounds["at"][0] == dt.datetime(2026, 11, 2, tzinfo=dt.UTC) and file.bytes == Path(file.path).stat().st_size


@pytest.mark.parametrize(
    ("kind", "text", "transform", "expected"),
    [
        (ColumnType.DATE, "DATE '2026-11-30'", "identity", dt.date(2026, 11, 30)),
        (ColumnType.DATE, "DATE '2026-11-30'", "month", dt.date(2026, 11, 1)),
        (ColumnType.DATE, "DATE '1969-12-31'", "day", dt.date(1969, 12, 31)),
        (ColumnType.TIMESTAMP, "TIMESTAMPTZ '2026-11-30 23:59:59+09:00'", "day", dt.date(2026, 11, 30)),
        (ColumnType.TIMESTAMP, "TIMESTAMPTZ '2026-12-01 08:59:59+09:00'", "month", dt.date(2026, 11, 1)),
        (ColumnType.STRING, "'日本'", "identity", "日本"),
        (ColumnType.INTEGER, "-7", "identity", -7),
        (ColumnType.DATE, "NULL", "identity", None),
    ],
)
def test_partition_values_are_what_people_call_them(lake: SmallLake, kind: ColumnType, text: str, transform: Any, expected: object) -> None:
    spec = TableSpec("gold.v", (TableColumn("a", kind),), (PartitionField("a", transform),))
    lake.tables.commit(Commit(spec.name, lake.written(lake.tables.shape(spec), f"SELECT {text} AS a"), spec=spec))
    assert [file.partition for file in lake.tables.files(spec.name)] == [(expected,)]


def test_we_read_and_change_what_pyiceberg_wrote(lake: SmallLake) -> None:
    lake.append(0, 10)
    table = lake.pyiceberg().load_table("bronze.events")
    added = pa.table({"id": [500], "country": ["NP"], "at": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]})
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), ("country", pa.string()), ("at", pa.timestamp("us", "UTC"))])
    table.append(added.cast(schema))
    assert lake.ids() == [*range(10), 500]
    theirs = next(file for file in lake.tables.files("bronze.events") if file.partition == (dt.date(2026, 1, 1), "NP"))
    lake.tables.commit(Commit("bronze.events", [], removed=[theirs.path], check_parent=False))
    assert lake.ids() == list(range(10))
    assert lake.pyiceberg().load_table("bronze.events").scan().to_arrow().num_rows == 10


def test_pyiceberg_deletes_from_a_table_that_we_rewrote(lake: SmallLake) -> None:
    lake.append(0, 10)
    old = [file.path for file in lake.tables.files("bronze.events")]
    spec = lake.tables.ensure(EVENTS)
    lake.tables.commit(Commit(spec.name, lake.written(spec, ROWS.format(first=20, last=30)), removed=old, check_parent=False))
    lake.append(30, 40)
    lake.pyiceberg().load_table("bronze.events").delete("id >= 25 and id < 35")
    assert lake.ids() == [*range(20, 25), *range(35, 40)]


def test_a_commit_from_an_old_parent_is_refused_and_changes_nothing(lake: SmallLake) -> None:
    first = lake.append(0, 10)
    second = lake.append(10, 20, parent=first.id, check_parent=True)
    with pytest.raises(CommitConflictError, match=r"bronze\.events"):
        lake.append(20, 30, parent=first.id, check_parent=True)
    assert lake.ids() == list(range(20)) and lake.tables.snapshot("bronze.events") == second


def test_appends_at_the_same_time_are_all_kept(lake: SmallLake) -> None:
    spec = lake.tables.ensure(EVENTS)
    files = [lake.written(spec, ROWS.format(first=i * 10, last=i * 10 + 10)) for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda paths: LocalTables(lake.root / "warehouse").commit(Commit(spec.name, paths, check_parent=False)), files))
    assert lake.ids() == list(range(60))
    assert len(lake.tables.snapshots("bronze.events")) == 6


def test_files_added_between_two_snapshots_are_those_of_the_commits_between(lake: SmallLake) -> None:
    first = lake.append(0, 10)
    second = lake.append(10, 20)
    lake.append(20, 30)
    added = [row for file in lake.tables.files_added("bronze.events", since=first.id, until=second.id) for row in file.bounds["id"]]
    assert all(isinstance(number, int) and 10 <= number < 20 for number in added) and {10, 19} <= set(added)
    assert len(lake.tables.files_added("bronze.events", since=None)) == len(lake.tables.files("bronze.events"))
    assert lake.tables.files_added("bronze.events", since=12345) == lake.tables.files("bronze.events")


def test_a_branch_is_invisible_until_it_is_fast_forwarded(lake: SmallLake) -> None:
    lake.append(0, 10)
    head = lake.append(10, 20, branch="run-1")
    assert lake.ids() == list(range(10)) and lake.ids("run-1") == list(range(20))
    assert lake.pyiceberg().load_table("bronze.events").scan().to_arrow().num_rows == 10
    lake.tables.fast_forward("bronze.events", "run-1")
    assert lake.ids() == list(range(20)) and lake.tables.snapshot("bronze.events") == head
    assert lake.tables.snapshot("bronze.events", "run-1") is None
    assert lake.pyiceberg().load_table("bronze.events").scan().to_arrow().num_rows == 20


def test_a_branch_that_main_left_behind_is_not_fast_forwarded(lake: SmallLake) -> None:
    lake.append(0, 10)
    lake.append(10, 20, branch="run-1")
    lake.append(20, 30)
    with pytest.raises(CommitConflictError):
        lake.tables.fast_forward("bronze.events", "run-1")
    lake.tables.drop_branch("bronze.events", "run-1")
    assert lake.ids() == [*range(10), *range(20, 30)]


def test_a_new_column_reads_as_null_in_older_rows(lake: SmallLake) -> None:
    lake.append(0, 5)
    wider = lake.tables.ensure(replace(EVENTS, columns=(*EVENTS.columns, TableColumn("plan", ColumnType.STRING))))
    lake.tables.commit(
        Commit(wider.name, lake.written(wider, f"SELECT *, 'gold' AS plan FROM ({ROWS.format(first=5, last=7)})"), check_parent=False)
    )
    paths = [file.path for file in lake.tables.files("bronze.events")]
    assert lake.engine.rows(f"SELECT plan, count(*) FROM {relation(paths, wider.columns)} GROUP BY 1 ORDER BY 1") == [
        ("gold", 2),
        (None, 5),
    ]
    assert lake.pyiceberg().load_table("bronze.events").scan().to_arrow().column("plan").null_count == 5


def test_a_changed_type_is_refused_with_both_types(lake: SmallLake) -> None:
    lake.append(0, 5)
    other = replace(EVENTS, columns=(TableColumn("id", ColumnType.STRING), *EVENTS.columns[1:]))
    with pytest.raises(InfraError, match=r"`id` of table `bronze\.events` holds integer, and string"):
        lake.tables.ensure(other)


def test_replacing_all_rows_may_change_the_shape(lake: SmallLake) -> None:
    """A saved copy takes on the shape of its view: columns leave, come and change their type together with all rows."""
    first = TableSpec("saved_jp.v", (TableColumn("a", ColumnType.INTEGER), TableColumn("b", ColumnType.STRING)))
    then = TableSpec("saved_jp.v", (TableColumn("b", ColumnType.DOUBLE), TableColumn("a", ColumnType.INTEGER)))
    lake.tables.commit(Commit("saved_jp.v", lake.written(lake.tables.shape(first), "SELECT 1 AS a, 'x' AS b"), spec=first))
    shape = lake.tables.shape(then, replacing=True)
    lake.tables.commit(
        Commit("saved_jp.v", lake.written(shape, "SELECT 2.5 AS b, 1 AS a"), spec=then, replace_all=True, check_parent=False)
    )
    held = lake.tables.spec("saved_jp.v")
    assert held is not None and [(c.name, c.type, c.id) for c in held.columns] == [
        ("b", ColumnType.DOUBLE, 3),
        ("a", ColumnType.INTEGER, 1),
    ]
    assert lake.pyiceberg().load_table("saved_jp.v").scan().to_arrow().to_pylist() == [{"b": 2.5, "a": 1}]


def test_layout_and_order_change_with_all_rows(lake: SmallLake) -> None:
    columns = (TableColumn("day", ColumnType.DATE), TableColumn("n", ColumnType.INTEGER))
    first = TableSpec("gold.v", columns, (PartitionField("day"),), sort=("day", "n"))
    then = TableSpec("gold.v", columns, (PartitionField("day", "month"),), sort=("n",))
    for spec in (first, then, replace(then, sort=()), first):
        shape = lake.tables.shape(spec, replacing=True)
        paths = lake.written(shape, "SELECT DATE '2026-11-01' AS day, 2 AS n")
        lake.tables.commit(Commit("gold.v", paths, spec=spec, replace_all=True, check_parent=False))
        held = lake.tables.spec("gold.v")
        assert held is not None and (held.partition, held.sort) == (spec.partition, spec.sort)
        assert lake.pyiceberg().load_table("gold.v").scan().to_arrow().to_pylist() == [{"day": dt.date(2026, 11, 1), "n": 2}]


def test_many_tables_change_at_one_moment_or_none_does(lake: SmallLake) -> None:
    spec = TableSpec("saved_jp.v", (TableColumn("a", ColumnType.INTEGER),))
    other = replace(spec, name="saved_de.v")

    def change(of: TableSpec, parent: int | None) -> Commit:
        return Commit(of.name, lake.written(lake.tables.shape(of), "SELECT 1 AS a"), spec=of, parent=parent)

    lake.tables.commit(change(spec, None))
    with pytest.raises(CommitConflictError):
        lake.tables.commit_all([change(other, None), change(spec, None)])
    assert lake.tables.names("saved_de") == ()
    present = lake.tables.snapshot("saved_jp.v")
    assert present is not None
    view = DefinerView("views_de.v", (TableColumn("a", ColumnType.INTEGER, id=1),), {"duckdb": "select 1"}, {})
    made = lake.tables.commit_all([change(other, None), change(spec, present.id)], [view])
    assert lake.tables.view("views_de.v") == view
    assert [lake.tables.snapshot(name) for name in ("saved_de.v", "saved_jp.v")] == list(made)


def test_a_commit_without_rows_records_its_summary(lake: SmallLake) -> None:
    spec = TableSpec("gold.v", (TableColumn("a", ColumnType.INTEGER),))
    lake.tables.commit(Commit(spec.name, [], spec=spec, replace_all=True, summary={"ringi.run-id": "1"}))
    lake.tables.commit(Commit(spec.name, lake.written(lake.tables.shape(spec), "SELECT 1 AS a"), check_parent=False))
    head = lake.tables.commit(Commit(spec.name, [], replace_all=True, summary={"ringi.run-id": "3"}, check_parent=False))
    assert head.summary["ringi.run-id"] == "3" and lake.tables.files(spec.name) == ()
    assert lake.pyiceberg().load_table(spec.name).scan().to_arrow().num_rows == 0


def test_files_written_elsewhere_are_taken_into_the_tables_folder(lake: SmallLake) -> None:
    spec = TableSpec("saved_jp.v", (TableColumn("a", ColumnType.INTEGER),))
    (written,) = lake.engine.write("SELECT 1 AS a", str(lake.root / "warehouse" / ".staging" / "x"), lake.tables.shape(spec).columns)
    (path,) = lake.tables.take(spec.name, [written.path])
    assert path.startswith(lake.tables.data_folder(spec.name)) and not Path(written.path).exists()
    lake.tables.commit(Commit(spec.name, [path], spec=spec))
    assert lake.pyiceberg().load_table(spec.name).scan().to_arrow().to_pylist() == [{"a": 1}]


def test_a_file_that_spans_two_partitions_is_refused(lake: SmallLake) -> None:
    spec = lake.tables.ensure(EVENTS)
    mixed = lake.engine.write(ROWS.format(first=0, last=9), lake.tables.data_folder(spec.name) + "/x", spec.columns)
    with pytest.raises(InfraError, match="one single value of `at`"):
        lake.tables.commit(Commit(spec.name, [mixed[0].path]))
    assert lake.tables.files(spec.name) == ()


def test_a_null_in_a_required_column_is_refused(lake: SmallLake) -> None:
    spec = lake.tables.ensure(EVENTS)
    paths = lake.written(spec, ROWS.format(first=0, last=1).replace("i AS id", "NULL AS id"))
    with pytest.raises(InfraError, match="1 rows without the required `id`"):
        lake.tables.commit(Commit(spec.name, paths))


def test_row_deletes_of_another_engine_are_refused_not_ignored(lake: SmallLake) -> None:
    lake.append(0, 5)
    _mark_manifests_as_deletes(lake)
    with pytest.raises(InfraError, match="row deletes written by another engine"):
        LocalTables(lake.root / "warehouse").files("bronze.events")


def _mark_manifests_as_deletes(lake: SmallLake) -> None:
    """What a merge-on-read engine leaves: a manifest list with a manifest of delete files."""
    from pyiceberg.manifest import ManifestContent, write_manifest_list

    table = lake.pyiceberg().load_table("bronze.events")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    manifests = snapshot.manifests(table.io)
    for manifest in manifests:
        manifest[3] = ManifestContent.DELETES
    Path(snapshot.manifest_list.removeprefix("file://")).unlink()
    with write_manifest_list(2, table.io.new_output(snapshot.manifest_list), snapshot.snapshot_id, None, 1, "deflate") as writer:
        writer.add_manifests(manifests)


def test_views_are_iceberg_views_that_tables_do_not_list(lake: SmallLake) -> None:
    from pyiceberg.view.metadata import ViewMetadata

    columns = (TableColumn("viewing_country", ColumnType.STRING, id=1), TableColumn("hours", ColumnType.DOUBLE, doc="Hours.", id=2))
    view = DefinerView("views_jp.title_daily", columns, {"duckdb": "select 1", "spark": "select 2"}, {"ringi.digest": "abc"})
    lake.tables.put_views([view])
    lake.tables.put_views([replace(view, sql={"duckdb": "select 3"})])
    assert lake.tables.view("views_jp.title_daily") == replace(view, sql={"duckdb": "select 3"})
    assert lake.tables.views("views_jp") == (replace(view, sql={"duckdb": "select 3"}),)
    catalog = lake.pyiceberg()
    assert catalog.list_tables("views_jp") == [] and ("views_jp",) in catalog.list_namespaces()
    with sqlite3.connect(lake.root / "warehouse" / "catalog.db") as database:
        (location,) = database.execute("select metadata_location from iceberg_tables where iceberg_type = 'VIEW'").fetchone()
    metadata = ViewMetadata.model_validate(json.loads(Path(location.removeprefix("file://")).read_text()))
    assert metadata.current_version_id == 2 and len(metadata.versions) == 2


def test_a_dropped_table_and_a_dropped_view_are_gone(lake: SmallLake) -> None:
    lake.append(0, 5)
    lake.tables.put_views([DefinerView("views_jp.v", (TableColumn("a", ColumnType.DATE, id=1),), {"duckdb": "select 1"}, {})])
    for name in ("bronze.events", "views_jp.v", "bronze.never_there"):
        lake.tables.drop(name)
    assert lake.tables.spec("bronze.events") is None and lake.tables.view("views_jp.v") is None


def test_metadata_files_do_not_pile_up(lake: SmallLake) -> None:
    for number in range(24):
        lake.append(number, number + 1)
    kept = list((lake.root / "warehouse" / "bronze" / "events" / "metadata").glob("*.metadata.json"))
    assert len(kept) == 21
    assert lake.pyiceberg().load_table("bronze.events").scan().to_arrow().num_rows == 24


@pytest.mark.parametrize("damage", [b"", b"not a database at all, but long enough to look like one" * 20])
def test_a_damaged_catalog_is_one_sentence(lake: SmallLake, damage: bytes) -> None:
    lake.append(0, 5)
    (lake.root / "warehouse" / "catalog.db").write_bytes(damage)
    if not damage:  # an empty file is a SQLite database without tables: the lake reads as empty, nothing crashes
        assert lake.tables.names("bronze") == ()
        return
    with pytest.raises(InfraError, match="catalog database could not be read") as caught:
        lake.tables.files("bronze.events")
    assert caught.value.exit_code == 5 and "backup" in str(caught.value.hint)


def test_a_missing_metadata_file_is_one_sentence(lake: SmallLake) -> None:
    lake.append(0, 5)
    for path in (lake.root / "warehouse" / "bronze" / "events" / "metadata").glob("*"):
        path.unlink()
    with pytest.raises(InfraError, match="a file is missing") as caught:
        LocalTables(lake.root / "warehouse").files("bronze.events")
    assert caught.value.exit_code == 5
