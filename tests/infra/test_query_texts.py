"""Texts that are meant to exhaust whoever reads them: each is refused, or read, in a short time, with a message that a person can read."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.query import LONGEST_SQL
from infra.local.query_errors import QueryFailedError, QueryRefusedError, SqlError
from infra.local.query_process import Limits, QueryProcess
from infra.local.query_statement import LONGEST_MESSAGE, read
from infra.local.query_sums import aggregates
from tests.support.query_desk import answer, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.query import Desk


def pivots(levels: int) -> str:
    sql = "select 1 as x, 2 as y"
    for _ in range(levels):
        sql = f"select * from (pivot ({sql}) on x in (1) using sum(y) as y)"
    return sql


TEXTS = {
    "pivots of pivots": pivots(60),
    "WITH entries": "with " + ", ".join(f"a{i} as (select 1)" for i in range(20_000)) + " select 1",
    "WITH entries that name each other": "with a0 as (select 1 x), "
    + ", ".join(f"a{i} as (from a{i - 1} x, a{i - 1} y)" for i in range(1, 60))
    + " from a59",
    "brackets": "select " + "(" * 100_000 + "1" + ")" * 100_000,
    "open brackets": "select " + "(" * 400_000,
    "lists": "select " + "[" * 100_000 + "]" * 100_000,
    "minus": "select " + "- " * 200_000 + "1",
    "not": "select " + "not " * 100_000 + "true",
    "case": "select " + "case when true then " * 10_000 + "1" + " end" * 10_000,
    "subqueries": "select * from " + "(select * from " * 10_000 + "(select 1)" + ")" * 10_000,
    "exists": "select " + "exists (select " * 5_000 + "1" + ")" * 5_000,
    "unions": "select 1" + " union all select 1" * 10_000,
    "joins": "select 1 from range(1)" + " join range(1) using (range)" * 3_000,
    "ands": "select " + "true and " * 50_000 + "true",
    "columns": "select " + ", ".join("1" for _ in range(100_000)),
    "a long name": f'select "{"x" * 400_000}"',
    "a long text": f"select '{'x' * 400_000}'::int",
    "a long function": f"select {'x' * 400_000}(1)",
    "a long view": f"select * from views_jp.{'x' * 400_000}",
    "a long comment": "select 1 " + "/*" * 200_000,
    "a long dollar quote": "select $" + "a" * 200_000 + "$x",
    "lambdas": "select " + "list_transform([1], lambda x: " * 300 + "x" + ")" * 300,
    "structs": "select " + "{'a': " * 5_000 + "1" + "}" * 5_000,
    "casts": "select 1" + "::int" * 100_000,
    "dots": "select a" + ".a" * 100_000,
    "slices": "select [1]" + "[1:1]" * 50_000,
    "semicolons": "select 1" + ";" * 400_000,
    "windows": "select " + ", ".join("sum(1) over (order by 1)" for _ in range(5_000)),
    "grouping sets": f"select 1 group by cube({', '.join(f'a{i}' for i in range(40))})",
    "like": f"select '{'a' * 5000}' like '{'%a' * 5000}%b'",
    "regular expression": f"select regexp_matches('{'a' * 5000}', '(a*)*b')",
    "accents": "select '" + "a" + "\u0301" * 100_000 + "' collate nocase.noaccent",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("lake"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_meant_to_exhaust_ends_soon_and_is_told_shortly(desk: Desk, name: str) -> None:
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        answer(desk, TEXTS[name], limits=Limits(seconds=3, memory_mib=256, result_mib=4))
    except (QueryFailedError, QueryRefusedError, SqlError) as error:
        assert error.hint and len(error.message) <= LONGEST_MESSAGE + 200, len(error.message)
    assert time.monotonic() - begun < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 * 1024, "kibibytes more than before, in our own process"


def test_a_text_of_ten_megabytes_is_refused_before_it_is_parsed(desk: Desk) -> None:
    begun = time.monotonic()
    with pytest.raises(SqlError, match=f"longer than {LONGEST_SQL:,} characters"):
        answer(desk, "select " + "1," * 5_000_000 + "1")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("sql", ["select '\x00'", "select '\ud800'", "\x00", "select 1\x00; drop table x"])
def test_a_text_that_is_no_text_is_refused(desk: Desk, sql: str) -> None:
    with pytest.raises(SqlError, match="no text"):
        answer(desk, sql)


def test_pivots_of_pivots_are_looked_through_once(desk: Desk) -> None:
    """Twice at each level would take longer than the universe has been there."""
    with QueryProcess(Limits(seconds=5, memory_mib=256)) as process:
        tree = read(process.parse(pivots(30))).tree
    begun = time.monotonic()
    assert aggregates(tree, {}) == ()
    assert time.monotonic() - begun < 5


NESTED: list[Any] = [
    "select list_transform(range(1200000), lambda x: [])",
    "select list_transform(range(1200000), lambda x: {'a': x})",
    "select [[]] from range(90000)",
]


@pytest.mark.slow
@pytest.mark.parametrize("sql", NESTED[:2])
def test_many_small_lists_count_for_what_they_take_where_they_are_read(desk: Desk, sql: str) -> None:
    with pytest.raises(QueryFailedError, match=r"larger than 64 MiB|needs more than"):
        answer(desk, sql, limits=Limits(seconds=20, memory_mib=1024))


def test_ordinary_lists_are_read(desk: Desk) -> None:
    assert len(answer(desk, NESTED[2], limits=Limits(seconds=20, memory_mib=512)).rows) == 90_000


def test_the_lines_of_an_error_name_no_place_of_the_lake(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises((SqlError, QueryFailedError)) as caught:
        answer(desk, f"select '{tmp_path}/secret/file.parquet'::int")
    assert "/secret/" not in caught.value.message
