"""Expressions as people write them: what they are read as, and where and why others are refused."""

from __future__ import annotations

import pytest

from metrics_catalog.expression import ExpressionError, canonical, columns, parse

READ = [
    ("a=1", "a = 1"),
    ("1 < a", "a > 1"),
    ("'x' <> PLAN", "plan <> 'x'"),
    ("((a))", "a"),
    ("a != b", "a <> b"),
    ("a and (b and c) or d", "a AND b AND c OR d"),
    ("a and (b or c)", "a AND (b OR c)"),
    ("not a = 1", "NOT a = 1"),
    ("not not a", "a"),
    ("not a in (1, 2)", "a NOT IN (1, 2)"),
    ("not a not like 'x%'", "a LIKE 'x%'"),
    ("not x is null", "x IS NOT NULL"),
    ("a between 1 and 2 and b", "a BETWEEN 1 AND 2 AND b"),
    ("a - b - c", "a - b - c"),
    ("a - (b - c)", "a - (b - c)"),
    ("a + b * c", "a + b * c"),
    ("(a + b) * c", "(a + b) * c"),
    ("a || b + c || 'd'", "a || (b + c) || 'd'"),
    ("concat(a, b || c)", "a || b || c"),
    ("-a * b", "-a * b"),
    ("- -5", "5"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("3600.", "3600.0"),
    ("case a when 1 then 'x' else 'y' end", "CASE WHEN a = 1 THEN 'x' ELSE 'y' END"),
    ("case when a then 1 else null end", "CASE WHEN a THEN 1 END"),
    ("cast('2026-01-31' as date)", "DATE '2026-01-31'"),
    ("timestamp '2026-01-31T10:00'", "TIMESTAMP '2026-01-31 10:00:00'"),
    ("a + interval 2 days", "a + INTERVAL '2' DAY"),
    ("extract(hour from a)", "EXTRACT(HOUR FROM a)"),
    ("substr(a, 1, 3)", "SUBSTRING(a, 1, 3)"),
    ("ceiling(a)", "CEIL(a)"),
    ('"order" = 1', '"order" = 1'),
    ("date = 1", '"date" = 1'),
    ("a = 'it''s'", "a = 'it''s'"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_an_expression_is_read_into_its_one_form(text: str, expected: str) -> None:
    assert canonical(parse(text)) == expected
    assert parse(expected) == parse(text)


REFUSED = [
    # text, code, place of the fault, part of the message or hint
    ("", 100, 0, "empty"),
    ("a = ", 100, 2, "near `=`"),
    ("a b", 100, 2, "near `b`"),
    ("and a", 100, 0, "near `and`"),
    ("(a", 100, 1, "never closed"),
    ("a < b < c", 100, 6, "brackets around the first comparison"),
    ("a is null = b", 100, 10, "brackets around the first comparison"),
    ("a not b", 100, 6, "NOT stands before a condition"),
    ("case end", 100, 5, "near `end`"),
    ("case a end", 100, 7, "CASE needs WHEN"),
    ("case when a then 1", 100, 17, "Expected `END`"),
    ("a in ()", 100, 5, "IN needs at least one value"),
    ("a; drop table b", 101, 1, "without `;`"),
    ("(select 1)", 101, 1, "Sub-queries"),
    ("sum(a)", 101, 0, "puts rows together"),
    ("a like b", 101, 7, "LIKE needs a written pattern"),
    ("a like 'x' || b", 101, 7, "LIKE needs a written pattern"),
    ("a is true", 101, 0, "IS stands only before NULL"),
    ("round(a, 2)", 101, 0, "engines disagree on the last digit"),
    ("nullif(a)", 101, 0, "It takes 2."),
    ("substring(a, b)", 101, 0, "SUBSTRING needs a written start"),
    ("cast(a as decimal)", 101, 0, "CAST to `decimal` is not known"),
    ("extract(wek from a)", 101, 0, "EXTRACT does not know the part `WEK`"),
    ("lenght(a)", 102, 0, "Did you mean `length`?"),
    ("9223372036854775808", 106, 0, "does not fit into 64 bits"),
    ("1e999", 106, 0, "too large for a double"),
    ("date '2026-02-30'", 106, 0, "'2026-02-30' is not a date"),
    ("timestamp '2026-01-31 1:00'", 106, 0, "is not a time stamp"),
    ("interval '1' month", 106, 0, "is not an interval of fixed length"),
    ("a like 'x\\_'", 106, 7, "engines disagree on what it means"),
    ("a = null", 107, 0, "IS NULL"),
    ("a in (1, null)", 107, 5, "never found"),
    ("(" * 30 + "a" + ")" * 30, 105, 20, "nested too deeply"),
]


@pytest.mark.parametrize(("text", "code", "position", "part"), REFUSED)
def test_an_expression_outside_the_subset_is_refused_with_its_place(text: str, code: int, position: int, part: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    error = refused.value
    assert (error.code, error.position) == (f"RNG-CAT-{code}", position)
    assert part in f"{error.message} {error.hint}"


def test_columns_are_those_that_are_read() -> None:
    assert columns(parse("case when A > 1 then b else coalesce(c, 'd') end")) == {"a", "b", "c"}
