"""Relations over saved copies: every promised column is there, whatever the files hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from metrics_catalog.source import ColumnType
from tests.support.view_catalog import title_daily
from views.dbt.copies import Copy, copies, statement

if TYPE_CHECKING:
    from pathlib import Path

COPY = Copy(
    "JP", "v", (("viewing_country", ColumnType.STRING), ("day", ColumnType.DATE), ("n", ColumnType.INTEGER), ("x", ColumnType.DOUBLE))
)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create schema saved_jp")
    return made


def test_one_copy_a_country_with_the_promised_columns() -> None:
    made = copies([title_daily()])
    assert [copy.name for copy in made] == [f"saved_{code}.title_daily" for code in ("de", "it", "jp", "us")]
    assert made[2].published == "views_jp.title_daily"
    assert made[0].columns[0] == ("viewing_country", ColumnType.STRING)


def test_a_copy_without_files_is_empty_and_has_its_columns(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(statement(COPY, []))
    found = connection.execute("select * from saved_jp.v")
    assert found.description is not None
    assert [(column[0], str(column[1])) for column in found.description] == [
        ("viewing_country", "VARCHAR"),
        ("day", "DATE"),
        ("n", "BIGINT"),
        ("x", "DOUBLE"),
    ]
    assert found.fetchall() == []


def test_a_column_that_older_files_lack_is_null_there(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old, new = tmp_path / "it's old.parquet", tmp_path / "viewing_country=DE.parquet"
    connection.execute(
        f"copy (select 'JP' viewing_country, date '2026-11-01' as day, 1::bigint n) to '{str(old).replace(chr(39), chr(39) * 2)}'"
    )
    connection.execute(f"copy (select 2::bigint n, 'JP' viewing_country, date '2026-11-02' as day, 0.5::double x) to '{new}'")
    connection.execute(statement(COPY, [str(old), str(new)]))
    assert connection.execute("select viewing_country, day::varchar, n, x from saved_jp.v order by n").fetchall() == [
        ("JP", "2026-11-01", 1, None),
        ("JP", "2026-11-02", 2, 0.5),
    ]
