"""What is read from a parsed statement before it runs: columns, sums, functions; and the engine's words made fit to show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from infra.local.query_process import cleaned
from infra.local.query_statement import functions, read
from infra.local.query_sums import aggregates
from tests.support.query_desk import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator


VIEW = "views_jp.title_daily"


def parsed(sql: str) -> dict[str, Any]:
    options = "skip_null := true, skip_empty := true, skip_default := true"
    row = duckdb.execute(f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]).fetchone()
    assert row is not None
    return dict(json.loads(row[0]))


def test_only_columns_that_the_statement_may_read_are_taken_in() -> None:
    named = read(parsed(f"select title_id, sum(plays) from {VIEW} group by 1"))
    assert [name for name in ("title_id", "plays", "viewers", "viewing_date") if named.reads(name)] == ["title_id", "plays"]
    for everything in (f"select * from {VIEW}", f"select t from {VIEW} t", f"select title_daily from {VIEW}", f"summarize {VIEW}"):
        assert read(parsed(everything)).reads("viewers"), everything
    assert not read(parsed(f"select count(*) from {VIEW}")).reads("viewers")


def test_uses_are_followed_through_subqueries_but_not_expressions() -> None:
    columns = {VIEW: frozenset(TYPES)}
    uses = aggregates(
        parsed(f"select sum(a), sum(b), max(a) from (select viewers a, plays + 1 b from {VIEW})")["statements"][0]["node"], columns
    )
    assert [(use.function, use.column) for use in uses] == [("sum", "viewers")]


@pytest.fixture(scope="module")
def engine_functions() -> Iterator[frozenset[str]]:
    found = duckdb.execute("select distinct function_name from duckdb_functions()").fetchall()
    yield frozenset(name.lower() for (name,) in found)


def test_every_function_of_the_list_exists(engine_functions: frozenset[str]) -> None:
    syntax = {"coalesce", "grouping", "grouping_id", "ifnull", "unnest"}  # read by the parser, not looked up
    assert functions() - engine_functions <= syntax


def test_no_function_of_the_list_reaches_outside() -> None:
    outside = ("read_", "parquet_", "glob", "duckdb_", "pragma_", "pg_", "sniff", "query", "setting", "getenv", "secret", "log_", "nextval")
    assert not [name for name in functions() if any(word in name for word in outside)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('IO Error: Cannot open file "/lake/warehouse/x.parquet": No such file', 'Cannot open file "…": No such file.'),
        ('Binder Error: Referenced column "x" not found!\n\nLINE 1: select x\n               ^', 'Referenced column "x" not found.'),
        ("INTERNAL Error: odd", "odd."),
    ],
)
def test_the_engines_words_are_cleaned(message: str, expected: str) -> None:
    assert cleaned(message) == expected
