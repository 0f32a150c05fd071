"""The plan of definer views: what is created, replaced, kept, dropped, and what readers would lose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_catalog.source import ColumnType
from tests.support.view_catalog import title_daily
from views.errors import ViewError
from views.plan import Create, Drop, Keep, Replace, ViewColumn, WantedView, breaks, plan, wanted

WANTED = wanted(title_daily())
JP = next(view for view in WANTED if view.name == "views_jp.title_daily")


def test_one_view_a_country_and_only_where_it_is_asked_for() -> None:
    assert [view.name for view in WANTED] == [f"views_{code}.title_daily" for code in ("de", "it", "jp", "us")]
    assert [view.name for view in wanted(title_daily(), ["JP", "FR"])] == ["views_jp.title_daily"]


def test_a_view_carries_the_certificates_of_its_metrics() -> None:
    assert JP.properties["ringi.view"] == "title_daily"
    assert JP.properties["ringi.country"] == "JP"
    assert len(JP.properties["ringi.metric.viewing_hours"]) == 64
    assert "ringi.metric.plays" not in JP.properties  # a part is covered by its ratio's certificate


def test_missing_views_are_created() -> None:
    assert plan([JP], []).changes == (Create(JP),)


def test_a_view_written_by_an_earlier_run_is_kept() -> None:
    written = replace(JP, properties={**JP.properties, "ringi.run": "2026-11-20"})
    assert plan([JP], [written]).changes == (Keep(JP.name),)
    assert plan([JP], [written]).is_empty


def test_another_text_certificate_or_column_replaces() -> None:
    for other in (
        replace(JP, sql={**JP.sql, "duckdb": "select 1"}),
        replace(JP, properties={**JP.properties, "ringi.metric.viewers": "0" * 64}),
        replace(JP, columns=JP.columns[:-1]),
        replace(JP, columns=(replace(JP.columns[0], doc="other"), *JP.columns[1:])),
    ):
        assert plan([JP], [other]).changes == (Replace(JP),)


def test_a_view_that_is_wanted_no_more_is_dropped_and_a_strangers_is_not() -> None:
    stranger = WantedView("views_jp.my_own", (), {"duckdb": "select 1"}, {})
    changes = plan([], [JP, stranger])
    assert changes.changes == (Drop(JP.name),)
    assert changes.to_drop == (JP.name,)


def test_a_strangers_view_with_a_wanted_name_is_not_replaced() -> None:
    with pytest.raises(ViewError, match="not made by Ringi"):
        plan([JP], [replace(JP, properties={})])


def test_a_plan_says_what_readers_lose() -> None:
    first, second, third = JP.columns[:3]
    assert breaks([first, second], [first]) == [f"the column `{second.name}` is gone"]
    assert breaks([first, second], [second, first]) == ["the order of columns changed"]
    assert breaks([first, second], [first, third, second]) == []
    retyped = replace(second, type=ColumnType.STRING)
    assert breaks([second], [retyped]) == ["the column `viewing_date` was date and is string"]
    shorter = replace(JP, columns=JP.columns[:2])
    assert plan([shorter], [JP]).changes[0] == Replace(shorter, tuple(breaks(JP.columns, shorter.columns)))


NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@given(NAMES, NAMES)
def test_applying_a_plan_leaves_nothing_to_do(before: list[str], after: list[str]) -> None:
    def view(name: str, text: str) -> WantedView:
        column = ViewColumn(name, ColumnType.STRING, required=True, doc="")
        return WantedView(f"views_jp.{name}", (column,), {"duckdb": text}, {"ringi.view": name})

    have = {each.name: each for each in (view(name, "old") for name in before)}
    want = [view(name, "new") for name in after]
    changes = plan(want, have.values())
    for name in changes.to_drop:
        del have[name]
    have |= {each.name: each for each in changes.to_put}
    assert plan(want, have.values()).is_empty
    assert have == {each.name: each for each in want}
