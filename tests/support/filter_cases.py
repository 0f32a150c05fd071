"""Rows and row conditions for tests of Lake Formation's filters: those it can say, and those it cannot.

Every column type of filters is there, with NULLs, quotes, blanks at the end, other scripts and both cases of letters.
"""

from __future__ import annotations

import atexit
import datetime as dt
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
from hypothesis import strategies as st

from metrics_catalog.source import Classification, ColumnType
from tests.support.access_account import Declared

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TEXTS = ["", "tv", "TV", "t%v", "it's", '"', "日本", "ß", "é", "e\u0301", "a_b", "-- x", "ｔｖ", "tv ", "😀"]
TYPES = {
    "text": (ColumnType.STRING, "VARCHAR"),
    "kind": (ColumnType.STRING, "VARCHAR"),
    "count": (ColumnType.INTEGER, "BIGINT"),
    "hours": (ColumnType.DOUBLE, "DOUBLE"),
    "open": (ColumnType.BOOLEAN, "BOOLEAN"),
    "day": (ColumnType.DATE, "DATE"),
    "person": (ColumnType.STRING, "VARCHAR"),
    "price": (ColumnType.DECIMAL, "DECIMAL(18, 6)"),
}
KINDS = {name: kind for name, (kind, _) in TYPES.items()}
CLASSES = {"person": Classification.PERSONAL, "day": Classification.PUBLIC, "text": Classification.PUBLIC}
DECLARED = Declared(("DE", "JP"), {"v": KINDS, "w": KINDS}, CLASSES)

text = st.sampled_from(TEXTS)
number = st.sampled_from([-3, -1, 0, 1, 2, 7])
double = st.sampled_from([-2.5, -0.5, 0.0, 0.5, 1.5, 2.0])
price = st.sampled_from([Decimal("-1.500000"), Decimal("0.000000"), Decimal("0.500000"), Decimal("2.000000")])
values = {
    "text": text,
    "kind": text,
    "count": number,
    "hours": double,
    "open": st.booleans(),
    "day": st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 9)),
    "person": text,
    "price": price,
}
rows = st.fixed_dictionaries({name: st.none() | value for name, value in values.items()})
comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
texts, numbers = st.sampled_from(["text", "kind", "person"]), st.sampled_from(["count", "hours", "price"])
written = text.map(lambda value: "'" + value.replace("'", "''") + "'")
figures = st.one_of(number.map(str), double.map(str))
sayable = st.one_of(
    st.tuples(texts, comparison, written).map(" ".join),
    st.tuples(written, comparison, texts).map(" ".join),
    st.tuples(numbers, comparison, figures).map(" ".join),
    st.tuples(texts, st.sampled_from(["like", "not like"]), st.sampled_from(["'%'", "'t_'", "'%''%'", "'_'", "'日%'", "''"])).map(" ".join),
    st.tuples(texts, st.sampled_from(["in ('tv', 'TV')", "not in ('it''s', '')", "is null", "is not null"])).map(" ".join),
    st.tuples(numbers, st.sampled_from(["between 0 and 2", "not between -1 and 1", "in (0, 1)", "is null"])).map(" ".join),
    st.sampled_from(["open", "not open", "open = true", "open <> true", "open is null", "'tv' in (text, kind)", "1 = 1", "1 = 2"]),
)
unsayable = st.sampled_from(
    ["day >= DATE '2026-01-03'", "text = kind", "LOWER(text) = 'tv'", "count + 1 > 2", "day is null", "hours > count"]
)


def combined(simple: SearchStrategy[str]) -> SearchStrategy[str]:
    """Conditions joined by AND and OR and negated, in any depth."""
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
            inner.map(lambda part: f"not ({part})"),
        ),
        max_leaves=4,
    )


sayable_conditions = combined(sayable)
conditions_of_all_kinds = combined(st.one_of(sayable, sayable, sayable, unsayable))


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, for all tests of a process."""
    atexit.register(connection.cache_clear)
    return duckdb.connect(":memory:")


def stored(table: list[dict[str, Any]], name: str = "t") -> str:
    """The table in DuckDB, each row with its place in `number`."""
    columns = ", ".join(f'"{column}" {sql}' for column, (_, sql) in TYPES.items())
    connection().execute(f"CREATE OR REPLACE TABLE {name} (number INTEGER, {columns})")
    places = ", ".join([f"(?{', ?' * len(TYPES)})"] * len(table))
    if table:
        cells = [cell for number, row in enumerate(table) for cell in (number, *(row[column] for column in TYPES))]
        connection().execute(f"INSERT INTO {name} VALUES {places}", cells)
    return name


def numbers_in(name: str, condition: str) -> list[int]:
    """Places of the rows of a stored table on which a filter's text is TRUE."""
    return [number for (number,) in connection().execute(f"SELECT number FROM {name} WHERE {condition} ORDER BY number").fetchall()]


def numbers_where(condition: str | None, table: list[dict[str, Any]]) -> list[int]:
    """Places of the rows of a table on which a filter's text is TRUE, asked of DuckDB; None: of all."""
    return list(range(len(table))) if condition is None else numbers_in(stored(table), condition)
