"""Laws of access: DuckDB gives exactly the cells that the evaluator gives, and a further grant never takes a cell away."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access import decide, visible
from governance.compilers.duckdb import permitted
from governance.grant import Grant
from governance.policy import Policy
from governance.principal import Principal, Role
from governance.relation import Relation, RelationColumn
from metrics_catalog.source import Classification, ColumnType
from tests.support.policies import NOW

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TEXTS = ["", "tv", "TV", "t%v", "it's", '"', "日本", "ß", "é", "e\u0301", "\\", "a_b", "-- x", "ｔｖ"]
TYPES = {
    "text": (ColumnType.STRING, "VARCHAR"),
    "kind": (ColumnType.STRING, "VARCHAR"),
    "count": (ColumnType.INTEGER, "BIGINT"),
    "hours": (ColumnType.DOUBLE, "DOUBLE"),
    "open": (ColumnType.BOOLEAN, "BOOLEAN"),
    "day": (ColumnType.DATE, "DATE"),
    "person": (ColumnType.STRING, "VARCHAR"),
    "price": (ColumnType.DECIMAL, "DECIMAL(18, 6)"),
    "at": (ColumnType.TIMESTAMP, "TIMESTAMP WITH TIME ZONE"),
}
CLASSES = {"person": Classification.PERSONAL, "day": Classification.PUBLIC, "text": Classification.PUBLIC}
RELATION = Relation(
    "views_jp", "v", tuple(RelationColumn(name, kind, CLASSES.get(name, Classification.INTERNAL)) for name, (kind, _) in TYPES.items())
)
PRINCIPALS = ("ann", "bob", "eve")

text = st.sampled_from(TEXTS)
number = st.sampled_from([-3, -1, 0, 1, 2, 7])
double = st.sampled_from([-2.5, -0.5, 0.0, 0.5, 1.5, 2.0])
day = st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 9))
price = st.sampled_from([Decimal("-1.500000"), Decimal("0.000000"), Decimal("0.500000"), Decimal("2.000000")])
at = st.sampled_from([dt.datetime(2026, 1, 2, hour, tzinfo=dt.UTC) for hour in (0, 5, 23)])
values = {
    "price": price,
    "at": at,
    "text": text,
    "kind": text,
    "count": number,
    "hours": double,
    "open": st.booleans(),
    "day": day,
    "person": text,
}
rows = st.fixed_dictionaries({name: st.none() | value for name, value in values.items()})


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


texts = st.one_of(
    st.sampled_from(
        ["text", "kind", "person", "text || kind", "LOWER(text)", "UPPER(kind)", "SUBSTRING(text, 2, 2)", "COALESCE(text, kind)"]
    ),
    text.filter(lambda value: "\\" not in value).map(literal),
)
numbers = st.one_of(
    st.sampled_from(
        [
            "count",
            "hours",
            "count + 1",
            "count * hours",
            "count / hours",
            "count % 2",
            "ROUND(hours)",
            "-count",
            "LENGTH(text)",
            "price",
            "price * 2",
        ]
    ),
    st.sampled_from(
        [
            "ABS(hours)",
            "LEAST(count, hours)",
            "NULLIF(count, 0)",
            "case when open then count else hours end",
            "EXTRACT(DAY FROM day)",
            "EXTRACT(HOUR FROM at)",
        ]
    ),
    number.map(str),
    double.map(str),
)
comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
patterns = st.sampled_from(["'%'", "'t_'", "'%''%'", "'_'", "'日%'", "''", "'%v'"])
simple = st.one_of(
    st.tuples(texts, comparison, texts).map(" ".join),
    st.tuples(numbers, comparison, numbers).map(" ".join),
    st.tuples(texts, st.sampled_from(["like", "not like"]), patterns).map(" ".join),
    st.tuples(texts, st.sampled_from(["in ('tv', 'TV')", "not in ('tv', kind)", "in ('日本', 'it''s')", "is null", "is not null"])).map(
        " ".join
    ),
    st.tuples(numbers, st.sampled_from(["between 0 and 2", "not between -1 and 1", "in (0, 1, count)", "is null"])).map(" ".join),
    day.map(lambda value: f"day >= DATE '{value}'"),
    st.sampled_from(["open", "not open", "open = true", "open is null", "at < TIMESTAMP '2026-01-02 05:00:00'", "CAST(at AS DATE) = day"]),
    st.sampled_from(["at + INTERVAL '1' HOUR >= TIMESTAMP '2026-01-03 00:00:00'", "price in (0.5, 2)", "GREATEST(price, count) > 0"]),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=4,
)
names = st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4, unique=True).map(tuple)
columns: SearchStrategy[Any] = st.one_of(
    st.just("all"), names.map(lambda each: {"include": each}), names.map(lambda each: {"exclude": each})
)
days = st.none() | st.sampled_from([NOW.date() - dt.timedelta(1), NOW.date(), NOW.date() + dt.timedelta(1)])
classes = st.sets(st.sampled_from(list(Classification)), min_size=1).map(lambda each: tuple(sorted(each)))
grants = st.builds(
    lambda **fields: Grant.model_validate({**fields, "reason": "x"}),
    to=st.lists(st.sampled_from([*PRINCIPALS, "both"]), min_size=1, max_size=2, unique=True).map(tuple),
    views=st.lists(st.sampled_from(["views_jp.v", "views_jp.*", "*.v", "views_de.v", "views_jp.w"]), min_size=1, max_size=2).map(tuple),
    columns=columns,
    rows=st.none() | conditions,
    classifications=classes,
    valid_from=days,
    valid_until=days,
)
policies = st.lists(grants, min_size=1, max_size=4).map(
    lambda given: Policy(
        {name: Principal() for name in PRINCIPALS}, {"both": Role(members=("ann", "bob"))}, {f"g{i}": each for i, each in enumerate(given)}
    )
)
CONNECTION = duckdb.connect(":memory:")


CONNECTION.execute("SET TimeZone = 'UTC'")


def stored(table: list[dict[str, Any]]) -> str:
    """The table in DuckDB."""
    columns = ", ".join(f'"{name}" {sql}' for name, (_, sql) in TYPES.items())
    CONNECTION.execute(f"CREATE OR REPLACE TABLE t ({columns})")
    if table:
        places = ", ".join(["(" + ", ".join("?" * len(TYPES)) + ")"] * len(table))
        CONNECTION.execute(f"INSERT INTO t VALUES {places}", [row[name] for row in table for name in TYPES])
    return "t"


def shown(cells: list[Any]) -> str:
    """One row as text, for comparing."""
    return repr([cell.isoformat() if isinstance(cell, dt.datetime) else cell for cell in cells])


def same_cells(policy: Policy, table: list[dict[str, Any]]) -> None:
    source = stored(table)
    for principal in (*PRINCIPALS, "stranger"):
        access = decide(policy, principal, RELATION, NOW)
        cells = [{name: visible(policy, principal, RELATION, row, name, NOW) for name in TYPES} for row in table]
        visible_rows = [(row, cell) for row, cell in zip(table, cells, strict=True) if any(cell.values())]
        expected = [[row[name] if cell[name] else None for name in access.columns] for row, cell in visible_rows]
        assert access or not expected
        if access:
            found = CONNECTION.execute(permitted(access, source)).fetchall()
            assert sorted(shown(list(row)) for row in found) == sorted(map(shown, expected))


@settings(max_examples=80, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=5))
def test_duckdb_gives_the_cells_that_the_evaluator_gives(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=5))
def test_duckdb_gives_the_cells_that_the_evaluator_gives_thousands_of_times(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@settings(max_examples=80, deadline=None)
@given(policies, grants, rows)
def test_a_further_grant_never_takes_a_cell_away(policy: Policy, further: Grant, row: dict[str, Any]) -> None:
    wider = Policy(policy.principals, policy.roles, {**policy.grants, "more": further})
    for principal in PRINCIPALS:
        for name in TYPES:
            assert not visible(policy, principal, RELATION, row, name, NOW) or visible(wider, principal, RELATION, row, name, NOW)


@settings(max_examples=60, deadline=None)
@given(policies, rows)
def test_a_principal_nobody_declared_sees_no_cell(policy: Policy, row: dict[str, Any]) -> None:
    assert not any(visible(policy, "stranger", RELATION, row, name, NOW) for name in TYPES)


@settings(max_examples=60, deadline=None)
@given(policies, names)
def test_asking_for_some_columns_gives_no_other(policy: Policy, asked: tuple[str, ...]) -> None:
    for principal in PRINCIPALS:
        access = decide(policy, principal, RELATION, NOW)
        left = [name for name in access.columns if name in asked]
        if left:
            stored([])
            assert [each[0] for each in CONNECTION.execute(permitted(access, "t", asked)).description or ()] == left
