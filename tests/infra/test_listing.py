"""Listing a table's files by days, or by what came since: the right files, from no more metadata than they need."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import InfraError
from infra.local.iceberg import LocalTables
from jobs.table import Commit, DataFile, Days, PartitionField, Snapshot, TableSpec
from tests.support.tables import EVENTS, SmallLake

FIRST = dt.date(2026, 11, 1)
NAME = EVENTS.name


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path / "a lake")


def on(*days: int, column: str = "at") -> Days:
    """Days counted from the first."""
    return Days(column, {FIRST + dt.timedelta(days=day) for day in days})


def append(lake: SmallLake, day: int, spec: TableSpec = EVENTS) -> Snapshot:
    """A commit of three events of one day."""
    known = lake.tables.ensure(spec)
    rows = f"""
        SELECT {day} * 10 + i AS id, 'JP' AS country, TIMESTAMPTZ '2026-11-01 00:00:00+00' + to_days({day}) + to_hours((i * 11)::INT) AS at,
               1 AS price, 1 AS seconds, TRUE AS live, DATE '2026-11-01' + {day} AS day
        FROM range(3) numbers(i)
    """
    return lake.tables.commit(Commit(known.name, lake.written(known, rows), check_parent=False))


def forget_manifests(lake: SmallLake, snapshot: Snapshot) -> None:
    """Remove the manifests that a commit wrote, so that whoever opens one fails."""
    table = lake.pyiceberg().load_table(NAME)
    for manifest in table.snapshot_by_id(snapshot.id).manifests(table.io):
        if manifest.added_snapshot_id == snapshot.id:
            Path(manifest.manifest_path.removeprefix("file://")).unlink()


def days_of(files: tuple[DataFile, ...]) -> list[object]:
    return [file.partition[0] for file in files]


def test_metadata_of_other_days_stays_closed(lake: SmallLake) -> None:
    commits = [append(lake, day) for day in range(5)]
    for day in (0, 1, 4):
        forget_manifests(lake, commits[day])
    cold = LocalTables(lake.root / "warehouse")
    assert sorted(map(str, days_of(cold.files(NAME, on=on(2, 3))))) == ["2026-11-03", "2026-11-04"]
    with pytest.raises(InfraError):
        cold.files(NAME)


def test_metadata_from_before_stays_closed(lake: SmallLake) -> None:
    commits = [append(lake, day) for day in (0, 1, 0, 1)]
    for commit in commits[:2]:
        forget_manifests(lake, commit)
    cold = LocalTables(lake.root / "warehouse")
    assert len(cold.files_added(NAME, since=commits[1].id)) == 2
    with pytest.raises(InfraError):
        cold.files_added(NAME, since=commits[0].id)


def test_no_days_are_no_files_and_an_unknown_column_is_every_file(lake: SmallLake) -> None:
    append(lake, 0)
    everything = lake.tables.files(NAME)
    assert lake.tables.files(NAME, on=on()) == () and lake.tables.files(NAME, on=on(7)) == ()
    assert lake.tables.files(NAME, on=on(7, column="seen_at")) == everything, "a column that came later: older rows may be of any day"
    assert lake.tables.files(NAME, on=on(7, column="country")) == everything


def test_days_of_a_date_and_the_last_day_of_the_calendar(lake: SmallLake) -> None:
    append(lake, 3)
    assert len(lake.tables.files(NAME, on=on(3, column="day"))) == 1 and lake.tables.files(NAME, on=on(2, column="day")) == ()
    assert lake.tables.files(NAME, on=Days("at", {dt.date.max, dt.date.min})) == ()


@settings(max_examples=25, deadline=None)
@given(
    layout=st.sampled_from([(), ("at",), ("day",), ("country", "at")]),
    days=st.lists(st.integers(-21_000, 400), min_size=1, max_size=6),
    asked=st.sets(st.integers(-21_000, 400), max_size=5),
    near=st.sets(st.integers(0, 5)),
    column=st.sampled_from(["at", "day"]),
)
def test_no_file_with_rows_of_the_days_is_missed(
    tmp_path_factory: pytest.TempPathFactory,
    layout: tuple[str, ...],
    days: list[int],
    asked: set[int],
    near: set[int],
    column: str,
) -> None:
    """Whatever the table is cut by, and before 1970 too."""
    lake = SmallLake(tmp_path_factory.mktemp("lake"))
    cut = tuple(PartitionField(name, "day" if name == "at" else "identity") for name in layout)
    for day in days:
        append(lake, day, TableSpec(NAME, EVENTS.columns, cut))
    wanted = on(*asked, *(days[place % len(days)] for place in near), column=column)
    everything = lake.tables.files(NAME)
    holding = [file for file in everything if _held(lake, file, column) & set(wanted.days)]
    assert list(lake.tables.files(NAME, on=wanted)) == holding
    lake.engine.close()


def _held(lake: SmallLake, file: DataFile, column: str) -> set[dt.date]:
    """The days of a file's rows, asked of the file itself."""
    day = "CAST(timezone('UTC', \"at\") AS DATE)" if column == "at" else '"day"'
    return {row[0] for row in lake.engine.rows(f"SELECT DISTINCT {day} FROM read_parquet('{file.path}')")}
