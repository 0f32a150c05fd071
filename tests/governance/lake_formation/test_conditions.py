"""Row conditions in the filter language of Lake Formation: the same rows, or refused with the reason."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access.predicate import is_true
from governance.lake_formation.compiling.conditions import Ground, conditions, length
from governance.lake_formation.compiling.written import NotExpressibleError
from governance.lake_formation.limits import CONDITION_LENGTH
from metrics_catalog.expression import parse
from metrics_catalog.source import ColumnType
from tests.support.filter_cases import KINDS, numbers_in, numbers_where, rows, sayable_conditions, stored

GROUND = Ground(KINDS)
FIRST = dict.fromkeys(KINDS)
CORNERS: list[dict[str, Any]] = [
    {**FIRST, "text": text, "kind": kind, "count": count, "hours": hours, "open": opened}
    for text, kind, count, hours, opened in product(
        (None, "tv", "it's", ""), (None, "tv "), (None, -1, 0, 2), (None, 0.5), (None, True, False)
    )
]
STORED = stored(CORNERS, "corners")


def said(*texts: str, ground: Ground = GROUND, limit: int = CONDITION_LENGTH) -> tuple[str, ...] | None:
    return conditions([parse(text) for text in texts], ground, limit)


def reason(text: str, ground: Ground = GROUND) -> str:
    with pytest.raises(NotExpressibleError) as refused:
        said(text, ground=ground)
    return refused.value.message


def chosen(texts: tuple[str, ...] | None) -> list[int]:
    """Places of the corner cases on which one of the texts is TRUE."""
    return list(range(len(CORNERS))) if texts is None else sorted({number for text in texts for number in numbers_in(STORED, text)})


def true_on(table: list[dict[str, Any]], *each: str) -> list[int]:
    """Places of the rows on which the evaluator finds one of the conditions TRUE."""
    return [number for number, row in enumerate(table) if any(is_true(parse(one), row, KINDS) for one in each)]


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(sayable_conditions)
def test_a_filter_is_true_on_the_rows_on_which_the_condition_is(condition: str) -> None:
    assert chosen(said(condition)) == true_on(CORNERS, condition)


@settings(max_examples=80, deadline=None)
@given(sayable_conditions, st.lists(rows, min_size=1, max_size=6))
def test_the_same_on_rows_of_all_kinds(condition: str, table: list[dict[str, Any]]) -> None:
    for text in said(condition) or ():
        assert numbers_where(text, table) == true_on(table, condition)


@settings(max_examples=60, deadline=None)
@given(st.lists(sayable_conditions, min_size=2, max_size=5), st.integers(60, 300))
def test_conditions_joined_and_cut_to_a_limit_show_what_each_shows(each: list[str], limit: int) -> None:
    try:
        texts = said(*each, limit=limit)
    except NotExpressibleError as error:
        assert error.code == "RNG-GOV-093"
        return
    assert texts is None or all(length(text) <= limit for text in texts)
    assert chosen(texts) == true_on(CORNERS, *each)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("text = 'it''s'", "text = 'it''s'"),
        ("not (text = 'a' and count > -3)", "\"count\" <= -3 OR text <> 'a'"),
        ("hours not between 0.5 and 1", "hours < 0.5 OR hours > 1"),
        ("not open", '"open" = FALSE'),
        ("(count > 1) = FALSE", '"count" <= 1'),
        ("'日本' = kind", "kind = '日本'"),
        ("0 < count", '"count" > 0'),
        ("'x' in (kind, text)", "kind = 'x' OR text = 'x'"),
        ("not (kind in ('b', 'a'))", "kind NOT IN ('a', 'b')"),
        ("hours < 0.000000001", "hours < 0.000000001"),
        ("kind like 't%' or (text = 'a' and open)", "(\"open\" = TRUE AND text = 'a') OR kind LIKE 't%'"),
    ],
)
def test_what_is_said(condition: str, text: str) -> None:
    assert said(condition) == (text,)


def test_the_order_in_which_conditions_are_written_does_not_matter() -> None:
    assert said("text = 'a' or kind = 'b'", "open") == said("open or kind = 'b'", "text = 'a'")


def test_what_is_always_true_is_all_rows_and_what_never_is_is_none() -> None:
    assert said("1 = 1 or text = 'a'") is None
    assert said("1 = 2 and text = 'a'") == ()


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("day >= DATE '2026-01-01'", "it reads `day`, and filters know no dates"),
        ("day is null", "it reads `day`, and filters know no dates"),
        ("text = kind", "it compares a column with another one"),
        ("LOWER(text) = 'tv'", "it uses the function LOWER"),
        ("text || 'x' = 'tv'", "it uses `||`"),
        ("count + 1 > 2", "it uses arithmetic"),
        ("count > 1 + 1", "it uses arithmetic"),
        ("case when open then 1 else 2 end = 1", "it uses CASE"),
        ("EXTRACT(YEAR FROM day) = 2026", "it uses EXTRACT"),
        ("(text = 'a') <> (kind = 'b')", "it uses a condition as a value"),
        ("price > 1000000000", "it compares a decimal with 1e+09, where engines round"),
        ("hours = 9007199254740993", "it compares with 9.0072e+15, where engines round"),
        ("text = 'a' or day is null", "it reads `day`, and filters know no dates"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(condition: str, why: str) -> None:
    assert reason(condition) == why


def test_a_part_that_cannot_be_said_refuses_the_whole_even_where_it_would_not_matter() -> None:
    assert reason("day is null and 1 = 2") == "it reads `day`, and filters know no dates"


@pytest.mark.parametrize("kind", ["char(5)", "array<string>", "struct<a:int>", "timestamp", "date"])
def test_columns_that_the_catalog_types_in_a_way_that_filters_do_not_know_are_refused(kind: str) -> None:
    assert "`text`" in reason("text = 'tv'", Ground({"text": ColumnType.STRING}, {"text": kind}))


def test_whether_a_partition_column_is_null_cannot_be_asked() -> None:
    ground = Ground(KINDS, partitions=frozenset({"text"}))
    assert reason("text is null", ground) == "it asks whether the partition column `text` is NULL"
    assert said("text = 'a'", ground=ground) == ("text = 'a'",)


def test_a_text_with_a_character_that_the_api_does_not_take_is_refused() -> None:
    assert "does not take" in reason("text = '\x01'")


def test_a_condition_that_is_too_long_is_refused_with_its_length() -> None:
    condition = "text in (" + ", ".join(f"'title-{number:05}'" for number in range(200)) + ")"
    with pytest.raises(NotExpressibleError, match="it is 3008 characters long there, and Lake Formation takes 2048") as refused:
        said(condition)
    assert refused.value.code == "RNG-GOV-093"


def test_characters_are_counted_as_aws_counts_them() -> None:
    assert length("a😀") == 3
