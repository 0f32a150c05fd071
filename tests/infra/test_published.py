"""What is published, read without PyIceberg: the same answers as the tables port gives, and a query over a real lake's tables."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import InfraError
from infra.local import avro
from infra.local.catalog_db import CatalogDb
from infra.local.iceberg import LocalTables
from infra.local.iceberg_metadata import files_of, view_of
from infra.local.published import LocalPublished
from jobs.engines.duckdb import DuckDb
from jobs.table import Commit, DefinerView, TableColumn, TableSpec
from metrics_catalog.source import ColumnType
from tests.support.policies import grant
from tests.support.query_desk import make_desk, rows

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.query import Desk

COLUMNS = (
    TableColumn("viewing_country", ColumnType.STRING, required=True),
    TableColumn("viewing_date", ColumnType.DATE, required=True, doc="The day."),
    TableColumn("title_id", ColumnType.STRING, required=True),
    TableColumn("plays", ColumnType.INTEGER),
    TableColumn("viewing_hours", ColumnType.DOUBLE),
    TableColumn("price", ColumnType.DECIMAL),
    TableColumn("open", ColumnType.BOOLEAN),
    TableColumn("last_at", ColumnType.TIMESTAMP),
)
SPEC = TableSpec("saved_jp.title_daily", COLUMNS)
SHOWN = COLUMNS[:5]
VIEW = DefinerView(
    "views_jp.title_daily",
    SHOWN,
    {
        "duckdb": f"select {', '.join(column.name for column in SHOWN)} from saved_jp.title_daily where viewing_country = 'JP'",
        "spark": "select 1",
    },
    {"ringi.view": "title_daily", "ringi.country": "JP"},
)


def add(tables: LocalTables, days: int, *, spec: TableSpec = SPEC, replace_all: bool = False) -> None:
    """One commit of a few rows for each of the first days of November."""
    shape = tables.shape(spec)
    extra = ", 'x' AS new_column" if len(shape.columns) > len(COLUMNS) else ""
    select = f"""SELECT 'JP' AS viewing_country, DATE '2026-11-01' + i::INTEGER AS viewing_date, 't' || i AS title_id, i AS plays,
        i / 2.0 AS viewing_hours, 1.5::DECIMAL(18, 6) AS price, true AS open, now() AS last_at{extra} FROM range({days}) t(i)"""
    with DuckDb() as engine:
        written = engine.write(select, f"{tables.data_folder(spec.name)}/{len(tables.snapshots(spec.name))}", shape.columns)
    files = [file.path for file in written]
    tables.commit(Commit(spec.name, files, replace_all=replace_all, spec=shape, check_parent=False))


@pytest.fixture
def tables(tmp_path: Path) -> LocalTables:
    made = LocalTables(tmp_path / "warehouse")
    add(made, 3)
    made.put_views([VIEW])
    return made


@pytest.fixture
def desk(tmp_path: Path, tables: LocalTables) -> Desk:
    """A desk over the tables, not over the files that `make_desk` writes."""
    return replace(make_desk(tmp_path / "project", grant(views=("views_jp.*",))), published=LocalPublished(tmp_path / "warehouse"))


def pointer(root: Path, name: str, kind: str) -> str:
    found = CatalogDb(root / "warehouse" / "catalog.db").pointer(name, kind)  # type: ignore[arg-type]  # one of the two kinds
    assert found is not None
    return found


def same(root: Path, tables: LocalTables) -> None:
    """Both readers agree on columns, files and rows."""
    held = files_of(SPEC.name, pointer(root, SPEC.name, "TABLE"))
    spec, files = tables.spec(SPEC.name), tables.files(SPEC.name)
    assert spec is not None
    assert held.columns == spec.columns
    assert held.files == tuple(file.path for file in files)
    assert held.rows == sum(file.rows for file in files)


def test_both_readers_agree_after_each_kind_of_commit(tmp_path: Path, tables: LocalTables) -> None:
    same(tmp_path, tables)
    add(tables, 5)
    same(tmp_path, tables)
    tables.commit(Commit(SPEC.name, [], removed=[tables.files(SPEC.name)[0].path], check_parent=False))
    same(tmp_path, tables)
    add(tables, 2, spec=TableSpec(SPEC.name, (*COLUMNS, TableColumn("new_column", ColumnType.STRING))))
    same(tmp_path, tables)
    add(tables, 4, replace_all=True)
    same(tmp_path, tables)
    assert files_of(SPEC.name, pointer(tmp_path, SPEC.name, "TABLE")).rows == 4


def test_a_branch_that_is_not_published_is_not_read(tmp_path: Path, tables: LocalTables) -> None:
    before = files_of(SPEC.name, pointer(tmp_path, SPEC.name, "TABLE"))
    head = tables.snapshot(SPEC.name)
    assert head is not None
    tables.commit(Commit(SPEC.name, [], replace_all=True, branch="audit", check_parent=False))
    assert files_of(SPEC.name, pointer(tmp_path, SPEC.name, "TABLE")) == before


def test_both_readers_agree_on_a_view_and_its_replacement(tmp_path: Path, tables: LocalTables) -> None:
    assert view_of(VIEW.name, pointer(tmp_path, VIEW.name, "VIEW")) == tables.view(VIEW.name)
    tables.put_views([replace(VIEW, columns=SHOWN[:4], sql={"duckdb": "select 2"})])
    assert view_of(VIEW.name, pointer(tmp_path, VIEW.name, "VIEW")) == tables.view(VIEW.name)


def test_a_query_reads_what_is_published(desk: Desk) -> None:
    assert rows(desk, "select * from views_jp.title_daily order by 2 desc limit 1") == [
        {"viewing_country": "JP", "viewing_date": dt.date(2026, 11, 3), "title_id": "t2", "plays": 2, "viewing_hours": 1.0}
    ]


def test_a_query_sees_the_newest_commit(desk: Desk, tables: LocalTables) -> None:
    add(tables, 10, replace_all=True)
    assert rows(desk, "select count(*) n from views_jp.title_daily") == [{"n": 10}]


def test_a_lake_without_the_view_or_without_anything_publishes_nothing(tmp_path: Path, tables: LocalTables) -> None:
    published = LocalPublished(tmp_path / "warehouse")
    assert published.get("views_de", "title_daily") is None
    tables.drop(SPEC.name)
    assert published.get("views_jp", "title_daily") is None
    assert published.contract("views_jp", "title_daily") is not None
    assert LocalPublished(tmp_path / "nowhere").get("views_jp", "title_daily") is None
    assert not (tmp_path / "nowhere").exists()


def test_a_view_that_ringi_did_not_make_is_not_published(tmp_path: Path, tables: LocalTables) -> None:
    tables.put_views([replace(VIEW, properties={"owner": "team_jp"})])
    assert LocalPublished(tmp_path / "warehouse").get("views_jp", "title_daily") is None
    assert LocalPublished(tmp_path / "warehouse").contract("views_jp", "title_daily") is None


def test_lost_metadata_is_a_sentence(tmp_path: Path, tables: LocalTables) -> None:
    for manifest in (tmp_path / "warehouse" / "saved_jp").rglob("*.avro"):
        manifest.write_bytes(manifest.read_bytes()[:100])
    with pytest.raises(InfraError, match="metadata file of the lake cannot be read"):
        LocalPublished(tmp_path / "warehouse").get("views_jp", "title_daily")
    for file in (tmp_path / "warehouse" / "saved_jp").rglob("*.json"):
        file.unlink()
    with pytest.raises(InfraError) as caught:
        LocalPublished(tmp_path / "warehouse").get("views_jp", "title_daily")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"Obj\x01", b"Obj\x01\x02\x01", b"Obj\x01\x00" + b"0" * 16])
def test_bytes_that_are_no_avro_are_refused(data: bytes) -> None:
    with pytest.raises(avro.AvroError):
        avro.read(data)


@given(st.binary(max_size=400))
def test_any_bytes_end_as_records_or_as_a_refusal(data: bytes) -> None:
    for whole in (data, b"Obj\x01" + data):
        with contextlib.suppress(avro.AvroError):
            assert isinstance(avro.read(whole), list)
