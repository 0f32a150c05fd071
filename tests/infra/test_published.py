"""What is published, as the query door finds it in the lake's tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra.errors import InfraError
from infra.local.iceberg import LocalTables
from infra.local.published import PublishedTables
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
    return replace(
        make_desk(tmp_path / "project", grant(views=("views_jp.*",))), published=PublishedTables(LocalTables(tmp_path / "warehouse"))
    )


def test_a_query_reads_what_is_published(desk: Desk) -> None:
    assert rows(desk, "select * from views_jp.title_daily order by 2 desc limit 1") == [
        {"viewing_country": "JP", "viewing_date": dt.date(2026, 11, 3), "title_id": "t2", "plays": 2, "viewing_hours": 1.0}
    ]


def test_a_query_sees_the_newest_commit(desk: Desk, tables: LocalTables) -> None:
    add(tables, 10, replace_all=True)
    assert rows(desk, "select count(*) n from views_jp.title_daily") == [{"n": 10}]


def test_a_lake_without_the_view_or_without_anything_publishes_nothing(tmp_path: Path, tables: LocalTables) -> None:
    published = PublishedTables(LocalTables(tmp_path / "warehouse"))
    assert published.get("views_de", "title_daily") is None
    tables.drop(SPEC.name)
    assert published.get("views_jp", "title_daily") is None
    assert published.contract("views_jp", "title_daily") is not None
    assert PublishedTables(LocalTables(tmp_path / "nowhere")).get("views_jp", "title_daily") is None
    assert not (tmp_path / "nowhere").exists()


def test_a_view_that_ringi_did_not_make_is_not_published(tmp_path: Path, tables: LocalTables) -> None:
    tables.put_views([replace(VIEW, properties={"owner": "team_jp"})])
    assert PublishedTables(LocalTables(tmp_path / "warehouse")).get("views_jp", "title_daily") is None
    assert PublishedTables(LocalTables(tmp_path / "warehouse")).contract("views_jp", "title_daily") is None


def test_lost_metadata_is_a_sentence(tmp_path: Path, tables: LocalTables) -> None:
    for manifest in (tmp_path / "warehouse" / "saved_jp").rglob("*.avro"):
        manifest.write_bytes(manifest.read_bytes()[:100])
    with pytest.raises(InfraError, match="metadata file of the lake cannot be read"):
        PublishedTables(LocalTables(tmp_path / "warehouse")).get("views_jp", "title_daily")
    for file in (tmp_path / "warehouse" / "saved_jp").rglob("*.json"):
        file.unlink()
    with pytest.raises(InfraError) as caught:
        PublishedTables(LocalTables(tmp_path / "warehouse")).get("views_jp", "title_daily")
    assert str(tmp_path) not in str(caught.value)
