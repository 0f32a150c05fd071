"""The evaluator: which cells a principal sees, one at a time and as sets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from governance.access.evaluator import decide, visible
from governance.access.explain import AccessRefusedError, known_principal, no_grant, no_such_relation, readable
from governance.access.predicate import is_true
from governance.compilers.duckdb import permitted
from governance.policy.grant import Grant
from governance.policy.relation import Relations
from metrics_catalog.errors import ExitCode
from metrics_catalog.expression import parse
from metrics_catalog.source import ColumnType
from tests.support.catalogs import edit, loaded, small_project
from tests.support.policies import NOW, TITLE_DAILY, grant, policy

ROW: dict[str, Any] = {
    "viewing_country": "JP",
    "viewing_date": dt.date(2026, 11, 21),
    "title_id": "t1",
    "device_type": "tv",
    "viewing_hours": 1.5,
    "plays": 3,
    "last_viewer_id": "v1",
}
PUBLIC = ("viewing_country", "viewing_date", "title_id", "device_type")


def seen(*grants: Grant, principal: str = "analyst_jp", row: dict[str, Any] | None = None, at: dt.datetime = NOW, **more: Any) -> set[str]:
    """Columns of a row that a principal sees."""
    given = policy(*grants, **more)
    return {name for name in TITLE_DAILY.types if visible(given, principal, TITLE_DAILY, row or ROW, name, at)}


def test_without_a_grant_nothing_is_visible() -> None:
    assert seen() == set()
    assert seen(grant(to=("analyst_de",))) == set()
    assert seen(grant(views=("views_de.title_daily",))) == set()
    assert seen(grant(views=("views_jp.title_weekly",))) == set()


def test_a_principal_that_nobody_declared_sees_nothing() -> None:
    assert seen(grant(to=("stranger",)), principal="stranger") == set()
    assert seen(grant(), principal="analyst_jp", principals=("analyst_de",)) == set()


def test_a_grant_gives_every_column_but_personal_ones() -> None:
    assert seen(grant()) == set(TITLE_DAILY.types) - {"last_viewer_id"}
    assert seen(grant(classifications=("public",))) == set(PUBLIC)
    assert seen(grant(classifications=("personal",))) == {"last_viewer_id"}


@pytest.mark.parametrize("pattern", ["views_jp.title_daily", "views_jp.*", "*.title_daily", "*.*"])
def test_patterns_reach_the_view(pattern: str) -> None:
    assert seen(grant(views=(pattern,)))


@pytest.mark.parametrize("pattern", ["views_jp.title", "views_j.title_daily", "views_de.*", "*.title"])
def test_patterns_reach_nothing_else(pattern: str) -> None:
    assert not seen(grant(views=(pattern,)))


def test_a_role_gives_to_its_members() -> None:
    given = grant(to=("readers",))
    assert seen(given, roles={"readers": ("analyst_jp",)})
    assert not seen(given, roles={"readers": ("analyst_de",)})


def test_columns_are_listed_or_left_out() -> None:
    assert seen(grant(columns={"include": ("plays", "title_id")})) == {"plays", "title_id"}
    assert seen(grant(columns={"exclude": ("plays",)})) == set(TITLE_DAILY.types) - {"plays", "last_viewer_id"}
    assert seen(grant(columns={"include": ("last_viewer_id",)})) == set()


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("device_type = 'tv'", True),
        ("device_type = 'web'", False),
        ("plays > 2 and viewing_date < DATE '2026-12-01'", True),
        ("last_viewer_id = 'v1'", True),
        ("not (last_viewer_id = 'v1')", False),
    ],
)
def test_a_row_counts_where_its_condition_is_true(condition: str, shown: bool) -> None:
    assert bool(seen(grant(rows=condition))) is shown


@pytest.mark.parametrize(
    "condition", ["device_type = 'tv'", "device_type <> 'tv'", "not (device_type = 'tv')", "device_type in ('tv', 'web')"]
)
def test_a_condition_that_is_null_does_not_count(condition: str) -> None:
    assert seen(grant(rows=condition), row={**ROW, "device_type": None}) == set()


def test_a_condition_is_asked_of_columns_that_are_not_given() -> None:
    assert seen(grant(rows="last_viewer_id = 'v1'", columns={"include": ("plays",)})) == {"plays"}


@pytest.mark.parametrize("condition", ["unknown_column = 1", "plays = 'x'", "plays", "select 1", "plays > (", "1; drop table x"])
def test_a_condition_that_does_not_fit_gives_nothing(condition: str) -> None:
    assert seen(grant(rows=condition)) == set()


def test_grants_add_up_and_nothing_is_subtracted() -> None:
    narrow = grant(rows="device_type = 'tv'", columns={"include": ("plays",)})
    wide = grant(rows="device_type = 'web'", columns={"include": ("viewing_hours",)})
    assert seen(narrow, wide) == {"plays"}
    assert seen(narrow, wide, row={**ROW, "device_type": "web"}) == {"viewing_hours"}
    assert seen(narrow, grant()) == seen(grant())


@pytest.mark.parametrize(
    ("first", "end", "holds"),
    [
        (None, None, True),
        (dt.date(2026, 11, 22), None, True),
        (dt.date(2026, 11, 23), None, False),
        (None, dt.date(2026, 11, 23), True),
        (None, dt.date(2026, 11, 22), False),
    ],
)
def test_a_grant_holds_on_its_days_only(first: dt.date | None, end: dt.date | None, holds: bool) -> None:
    assert bool(seen(grant(valid_from=first, valid_until=end))) is holds


def test_the_days_of_a_grant_are_counted_by_utc() -> None:
    until = grant(valid_until=dt.date(2026, 11, 22))
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert seen(until, at=dt.datetime(2026, 11, 22, 8, 59, tzinfo=tokyo))
    assert not seen(until, at=dt.datetime(2026, 11, 22, 9, 0, tzinfo=tokyo))


def test_sets_say_which_grants_give_what() -> None:
    access = decide(policy(grant(rows="plays > 1"), grant(columns={"include": ("plays",)})), "analyst_jp", TITLE_DAILY, NOW)
    assert access.row_filter is None
    assert access.cell_filter("plays") is None
    assert access.cell_filter("title_id") == (parse("plays > 1"),)
    assert (access.grants_of("plays"), access.grants_of("title_id"), access.grants_of("last_viewer_id")) == (("g0", "g1"), ("g0",), ())
    assert not access.is_whole


def test_one_condition_for_all_columns_is_a_filter_of_rows_only() -> None:
    access = decide(policy(grant(rows="plays > 1"), grant(rows="PLAYS > 1 ")), "analyst_jp", TITLE_DAILY, NOW)
    assert access.row_filter == (parse("plays > 1"),)
    assert all(access.cell_filter(name) is None for name in access.columns)
    assert "CASE" not in permitted(access, "t")


def test_everything_of_a_view_is_whole_only_with_its_personal_columns() -> None:
    everything = grant(classifications=("public", "internal", "personal"))
    assert decide(policy(everything), "analyst_jp", TITLE_DAILY, NOW).is_whole
    assert not decide(policy(grant()), "analyst_jp", TITLE_DAILY, NOW).is_whole


def test_a_column_that_is_not_given_never_stands_in_the_sql() -> None:
    access = decide(policy(grant()), "analyst_jp", TITLE_DAILY, NOW)
    assert "last_viewer_id" not in permitted(access, "t")
    assert "last_viewer_id" not in permitted(access, "t", ["plays", "last_viewer_id"])
    with pytest.raises(ValueError, match="may see no such column"):
        permitted(access, "t", ["last_viewer_id"])


TYPES = {"i": ColumnType.INTEGER, "d": ColumnType.DOUBLE, "m": ColumnType.DECIMAL, "s": ColumnType.STRING, "b": ColumnType.BOOLEAN} | {
    "at": ColumnType.TIMESTAMP,
    "day": ColumnType.DATE,
}
VALUES = {
    "i": 7,
    "d": -2.5,
    "m": Decimal("1.50"),
    "s": "Ab_ß",
    "b": True,
    "at": dt.datetime(2026, 1, 4, 23, 30, 5),
    "day": dt.date(2026, 5, 31),
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("i / 0 is null", True),
        ("i % 0 is null", True),
        ("-i % 4 = -3", True),
        ("i % -4 = 3", True),
        ("-2 - i % 4 = -5", True),
        ("i / 2 = 3.5", True),
        ("ROUND(d) = -3", True),
        ("FLOOR(d) = -3 and CEIL(d) = -2", True),
        ("m = 1.5", True),
        ("m * 2 = 3", True),
        ("LOWER(s) = 'ab_ß'", True),
        ("UPPER(s) = 'AB_ß'", True),
        ("LENGTH(s) = 4", True),
        ("SUBSTRING(s, 2, 2) = 'b_'", True),
        ("SUBSTRING(s, 9) = ''", True),
        ("s like 'A__ß'", True),
        ("s like 'a%'", False),
        ("s || 'x' = 'Ab_ßx'", True),
        ("b", True),
        ("b = false", False),
        ("at + INTERVAL '30' MINUTE = TIMESTAMP '2026-01-05 00:00:05'", True),
        ("EXTRACT(ISODOW FROM at) = 7", True),
        ("EXTRACT(EPOCH FROM at) = 1767569405", True),
        ("EXTRACT(QUARTER FROM day) = 2", True),
        ("CAST(at AS DATE) = DATE '2026-01-04'", True),
        ("CAST(d AS BIGINT) = -2", True),
        ("CAST(i AS VARCHAR) = '7'", True),
        ("i in (1, NULLIF(1, 1))", False),
        ("not (i in (1, NULLIF(1, 1)))", False),
        ("i in (7, NULLIF(1, 1))", True),
        ("i between 7 and null", False),
        ("not (i between 8 and null)", True),
        ("COALESCE(null, i) = 7", True),
        ("NULLIF(i, 7) is null", True),
        ("LEAST(i, null) is null", True),
        ("GREATEST(i, d) = 7", True),
        ("case when i > 9 then 1 else d end = -2.5", True),
    ],
)
def test_conditions_mean_what_the_registry_says(condition: str, expected: bool) -> None:
    assert is_true(parse(condition), VALUES, TYPES) is expected


def test_an_integer_that_overflows_is_an_error_not_a_row() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        is_true(parse("i * 4611686018427387904 > 0"), VALUES, TYPES)


def test_refusals_name_the_principal_the_relation_and_whom_to_ask(tmp_path: Any) -> None:
    relations = Relations(loaded(small_project(tmp_path)))
    given = policy(grant(valid_until=dt.date(2026, 1, 1)), grant(to=("analyst_de",), views=("views_de.*",), valid_from=dt.date(2027, 1, 1)))
    refused = no_grant(given, "analyst_jp", relations, "views_jp", "title_daily", NOW)
    assert refused.message == (
        "`analyst_jp` may not read `views_jp.title_daily`: no grant gives it now. The grant `g0` ended before 2026-01-01."
    )
    assert refused.hint is not None
    assert "content-insights" in refused.hint
    assert refused.exit_code is ExitCode.REFUSED
    later = no_grant(given, "analyst_de", relations, "views_de", "title_daily", NOW)
    assert "The grant `g1` begins on 2027-01-01." in later.message
    assert "is not a published view" in no_such_relation("analyst_jp", "gold.title_daily", []).message


def test_an_unknown_principal_and_a_role_are_refused_with_a_hint() -> None:
    given = policy(roles={"readers": ("analyst_jp",)})
    known_principal(given, "analyst_jp")
    with pytest.raises(AccessRefusedError, match="did you mean `analyst_jp`"):
        known_principal(given, "analist_jp")
    with pytest.raises(AccessRefusedError, match="`readers` is a role; query as one of its members: analyst_jp"):
        known_principal(given, "readers", "views_jp.title_daily")


def test_what_a_principal_may_read_is_listed(tmp_path: Any) -> None:
    small_project(tmp_path)
    edit(tmp_path, "views/title_daily.yaml", lambda view: view.update(countries=["JP", "DE"]))
    relations = Relations(loaded(tmp_path))
    given = policy(grant(views=("*.*",)), grant(to=("analyst_de",), classifications=("personal",), views=("*.*",)))
    assert readable(given, "analyst_jp", relations, NOW) == (("views_jp", "title_daily"), ("views_de", "title_daily"))
    assert readable(given, "analyst_de", relations, NOW) == ()


@pytest.mark.parametrize("view", ["title_daily"])
def test_the_class_of_a_column_follows_what_it_is_made_of(tmp_path: Any, view: str) -> None:
    small_project(tmp_path)
    edit(tmp_path, "views/title_daily.yaml", lambda each: each["grain"]["dimensions"].append("viewer_id"))
    relations = Relations(loaded(tmp_path))
    classes = relations.classes_of(view)
    assert classes["viewer_id"] == "personal"
    assert (classes["viewing_country"], classes["title_id"], classes["viewers"]) == ("public", "public", "internal")
    assert relations.published("views_jp", view, {"unheard_of": ColumnType.STRING}).classes == {"unheard_of": "personal"}
