"""What expressions mean: DuckDB, the oracle and the canonical text agree on generated expressions over generated rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics_catalog.expression import canonical, parse, to_sql, type_of
from metrics_catalog.source import ColumnType
from tests.oracle import evaluate
from tests.properties import strategies as own
from tests.support.compiled import Tables, connection

TYPES = own.TABLE_COLUMNS["viewing_events"]
CLOCK = {name: f"make_timestamp(epoch_us({name}))" for name, kind in TYPES.items() if kind is ColumnType.TIMESTAMP}

texts = st.one_of(own.conditions_text(2), own.integers_text(2), own.doubles_text(2), own.texts_text(2))


def on_duckdb(text: str, rows: list[dict[str, Any]]) -> list[Any]:
    """The values of an expression over rows, in their order."""
    relation = Tables(own.TABLE_COLUMNS).register("viewing_events", rows)
    sql = to_sql(parse(text), "duckdb", CLOCK, TYPES)
    return [value for (value,) in connection().execute(f"SELECT {sql} FROM {relation}").fetchall()]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts, st.lists(own.events(), min_size=1, max_size=4))
def test_duckdb_and_the_oracle_agree_on_every_expression(text: str, rows: list[dict[str, Any]]) -> None:
    type_of(parse(text), TYPES)
    expected = [evaluate(text, row) for row in rows]
    assert on_duckdb(text, rows) == [pytest.approx(value, rel=1e-12) if isinstance(value, float) else value for value in expected]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts, own.events())
def test_the_canonical_text_reads_back_as_the_same_nodes_and_means_the_same(text: str, row: dict[str, Any]) -> None:
    short = canonical(parse(text))
    assert parse(short) == parse(text)
    assert canonical(parse(short)) == short
    assert evaluate(short, row) == evaluate(text, row)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1.'\"()<>=!|+-*/%,; \n_é\\xandorinselctwhf", max_size=40))
def test_no_text_ends_in_anything_but_nodes_or_a_refusal(text: str) -> None:
    from metrics_catalog.expression import ExpressionError

    try:
        node = parse(text)
    except ExpressionError as error:
        assert error.message and error.code.startswith("RNG-CAT-10")
    else:
        assert parse(canonical(node)) == node


PINNED = [
    ("1 / 0", None),
    ("0 / 0", None),
    ("5 % 0", None),
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("1 / 2", 0.5),
    ("3 * 0.1", 3 * 0.1),
    ("cast(2.5 as bigint)", 2),
    ("cast(-2.5 as bigint)", -2),
    ("round(2.5)", 3.0),
    ("round(-2.5)", -3.0),
    ("floor(-1.5)", -2.0),
    ("least(1, null)", None),
    ("greatest(2, 1.5)", 2.0),
    ("'a' || null", None),
    ("upper('straße é')", "STRAßE é"),
    ("lower('İÀA')", "İÀa"),
    ("length('日本👍')", 3),
    ("substring('日本語', 2, 1)", "本"),
    ("substring('abc', 2)", "bc"),
    ("substring('abc', 9, 2)", ""),
    ("'a' < 'B'", False),
    ("'Z' < 'a'", True),
    ("null is null and not null is not null", True),
    ("case when 1 / 0 > 1 then 1 else 2 end", 2),
    ("extract(second from timestamp '2026-01-01 00:00:01.9')", 1),
    ("extract(isodow from date '2026-02-01')", 7),
    ("extract(epoch from timestamp '1970-01-02 00:00:00.5')", 86400.5),
    ("timestamp '2026-03-29 00:30:00' + interval '1' day", dt.datetime(2026, 3, 30, 0, 30)),
    ("cast(timestamp '2026-01-01 23:59:59' as date)", dt.date(2026, 1, 1)),
    ("'50%' like '5_%'", True),
    ("'a\\b' = 'a\\b'", True),
    ("2000000000 + 2000000000", 4_000_000_000),
    ("case when true then 2000000000 else 1 end * 4", 8_000_000_000),
]


@pytest.mark.parametrize(("text", "expected"), PINNED)
def test_meanings_on_which_engines_differ_by_nature_are_pinned(text: str, expected: Any) -> None:
    (value,) = connection().execute(f"SELECT {to_sql(parse(text), 'duckdb')}").fetchall()[0]
    assert value == expected
    assert type(value) is type(expected)
    assert evaluate(text, {}) == expected


def test_integers_that_overflow_are_an_error_not_a_wrong_number() -> None:
    import duckdb

    with pytest.raises(duckdb.OutOfRangeException):
        connection().execute(f"SELECT {to_sql(parse('9223372036854775807 + 1'), 'duckdb')}").fetchall()
