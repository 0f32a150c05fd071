"""Masks: what each leaves of a value, which counts where several grants give a cell, and the fence of a country."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.access.evaluator import Access, Way, decide, reads
from governance.access.explain import AccessRefusedError, may_read, no_grant, reached
from governance.compilers.duckdb import permitted
from governance.policy.grant import Grant
from governance.policy.masks import Mask, masked
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from governance.policy.relation import Relations
from metrics_catalog.expression import parse
from metrics_catalog.source import ColumnType
from tests.support.catalogs import loaded, small_project
from tests.support.policies import NOW, TITLE_DAILY, grant, policy

T = ColumnType
JAPAN = replace(TITLE_DAILY, country="JP")
ROW: dict[str, Any] = {
    "viewing_country": "JP",
    "viewing_date": dt.date(2026, 11, 21),
    "title_id": "title-0042",
    "device_type": "tv",
    "viewing_hours": 1.5,
    "plays": 3,
    "last_viewer_id": "v1",
}


@pytest.mark.parametrize(
    ("mask", "value", "kind", "left"),
    [
        ("mask-alphanum", "taro010696@example.jp", T.STRING, "xxxxnnnnnn@xxxxxxx.xx"),
        ("mask-alphanum", "(日本) 1,2-3", T.STRING, "(xx)xn,n-n"),
        ("mask-alphanum", "٣𝟚'\n", T.STRING, "xxxx"),
        ("mask-alphanum", "", T.STRING, ""),
        ("show-first-4", "taro010696@example.jp", T.STRING, "taronnnnnn@xxxxxxx.xx"),
        ("show-first-4", "abcd", T.STRING, "abcd"),
        ("show-first-4", "e\u0301abcd", T.STRING, "e\u0301abxx"),
        ("show-last-4", "4111-1111-1111-4444", T.STRING, "nnnn-nnnn-nnnn-4444"),
        ("show-last-4", "abc", T.STRING, "abc"),
        ("show-last-4", "😀日本語です", T.STRING, "xx本語です"),
        ("truncate-to-month", dt.date(2026, 3, 31), T.DATE, dt.date(2026, 3, 1)),
        ("truncate-to-year", dt.date(2026, 3, 31), T.DATE, dt.date(2026, 1, 1)),
        ("truncate-to-month", dt.datetime(2026, 3, 31, 23, 59, 59, 9, dt.UTC), T.TIMESTAMP, dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        (
            "truncate-to-year",
            dt.datetime(2026, 1, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=9))),
            T.TIMESTAMP,
            dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        ),
        ("sha-256-global", "abc", T.STRING, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha-256-global", 1, T.INTEGER, -6467378160175308932),
        ("mask-to-fixed-value", "abc", T.STRING, "XXXXXXXX"),
        ("mask-to-fixed-value", None, T.DOUBLE, 0.0),
        ("mask-to-default", None, T.STRING, None),
        ("mask-to-default", Decimal("1.5"), T.DECIMAL, Decimal("0.000000")),
        ("replace-with-null", True, T.BOOLEAN, None),
        ("show-first-4", None, T.STRING, None),
    ],
)
def test_a_mask_leaves_what_its_name_says(mask: str, value: Any, kind: ColumnType, left: Any) -> None:
    assert masked(Mask(mask), value, kind) == left


def test_a_hash_with_a_secret_is_another_one() -> None:
    local = Mask.SHA_256_QUERY_LOCAL
    assert (
        masked(local, "abc", T.STRING, b"a" * 16)
        != masked(local, "abc", T.STRING, b"b" * 16)
        != masked(Mask.SHA_256_GLOBAL, "abc", T.STRING)
    )
    assert masked(local, "abc", T.STRING, b"a" * 16) == masked(local, "abc", T.STRING, b"a" * 16)


def test_a_mask_that_a_type_cannot_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="show-first-4 cannot be put on a column of type integer"):
        masked(Mask.SHOW_FIRST_4, 1, T.INTEGER)


def seen(*grants: Grant, column: str = "title_id", row: dict[str, Any] | None = None) -> Any:
    return reads(policy(*grants), "analyst_jp", JAPAN, row or ROW, column, NOW)


HASHED = grant(masks={"title_id": "mask-alphanum"})
SHORT = grant(masks={"title_id": "show-last-4"})


def test_a_masked_cell_is_read_masked() -> None:
    assert seen(HASHED) == "xxxxx-nnnn"
    assert seen(HASHED, column="plays") == 3


def test_of_several_masks_the_one_that_reveals_most_counts_and_clear_before_all() -> None:
    assert seen(HASHED, SHORT) == seen(SHORT, HASHED) == "xxxxx-0042"
    assert seen(HASHED, SHORT, grant(columns={"include": ("title_id",)})) == "title-0042"


def test_a_mask_counts_only_where_its_grant_does() -> None:
    clear_on_tv = grant(rows="device_type = 'tv'", columns={"include": ("title_id",)})
    assert seen(HASHED, clear_on_tv) == "title-0042"
    assert seen(HASHED, clear_on_tv, row={**ROW, "device_type": "web"}) == "xxxxx-nnnn"
    assert seen(clear_on_tv, row={**ROW, "device_type": "web"}) is None


def test_conditions_are_asked_of_the_values_below_the_mask() -> None:
    assert seen(grant(rows="title_id = 'title-0042'", masks={"title_id": "replace-with-null"}), column="plays") == 3


def test_a_mask_that_does_not_fit_gives_no_cell_of_its_column() -> None:
    unfit = grant(masks={"plays": "show-first-4"})
    assert seen(unfit, column="plays") is None
    assert seen(unfit) == "title-0042"
    assert "plays" not in access(unfit).columns


def access(*grants: Grant, principal: str = "analyst_jp", **more: Any) -> Access:
    return decide(policy(*grants, **more), principal, JAPAN, NOW)


def test_the_ways_of_a_column_end_at_the_first_that_always_holds() -> None:
    tv = grant(rows="device_type = 'tv'")
    found = access(HASHED, SHORT, tv, grant(masks={"title_id": "replace-with-null"}))
    assert found.ways("title_id") == (Way(None, (parse("device_type = 'tv'"),)), Way(Mask.SHOW_LAST_4, None))
    assert found.ways("plays") == (Way(None, None),)
    assert found.ways("last_viewer_id") == ()
    assert found.is_masked
    assert not found.is_whole
    assert not access(tv).is_masked


def test_a_mask_on_every_column_is_not_the_whole_relation() -> None:
    every = ("public", "internal", "personal")
    assert access(grant(classifications=every)).is_whole
    assert not access(grant(classifications=every, masks={"plays": "mask-to-default"})).is_whole


def test_the_reason_of_a_cell_names_grants_roles_and_masks() -> None:
    given = Policy(
        {"analyst_jp": Principal()},
        {"readers": Role(members=("analyst_jp",)), "writers": Role(members=("analyst_jp",))},
        {
            "own": grant(columns={"include": ("plays",)}),
            "shared": grant(to=("readers", "writers"), masks={"plays": "mask-to-default"}),
            "late": grant(valid_from=dt.date(2027, 1, 1)),
        },
    )
    found = decide(given, "analyst_jp", JAPAN, NOW)
    assert found.why("plays") == ("own", "shared through readers, writers, mask-to-default")
    assert found.why("title_id") == ("shared through readers, writers",)
    assert found.why("last_viewer_id") == ()


def test_a_secret_that_is_missing_or_short_is_an_error() -> None:
    local = access(grant(masks={"title_id": "sha-256-query-local"}))
    for salt in (None, b"", b"short"):
        with pytest.raises(ValueError, match="needs a secret of 16 bytes"):
            permitted(local, "t", salt=salt)
    assert "unhex" not in permitted(local, "t", ["plays"])


def fenced(country: str | None, *grants: Grant) -> Policy:
    return Policy({"analyst_jp": Principal(country=country)}, {}, {f"g{number}": each for number, each in enumerate(grants)})


@pytest.mark.parametrize(("country", "inside"), [("JP", True), (None, True), ("DE", False), ("ZZ", False)])
def test_whoever_belongs_to_a_country_never_leaves_it(country: str | None, inside: bool) -> None:
    everything = fenced(country, grant(views=("*.*",)))
    assert bool(decide(everything, "analyst_jp", JAPAN, NOW)) is inside
    assert not decide(everything, "analyst_jp", replace(JAPAN, country=None), NOW) or country is None


def test_what_lies_outside_of_the_fence_is_not_listed_and_its_refusal_says_so(tmp_path: Any) -> None:
    relations = Relations(loaded(small_project(tmp_path)))
    everything = fenced("JP", grant(views=("*.*",)))
    assert reached(everything, "analyst_jp", relations, NOW) == (("views_jp", "title_daily"),)
    assert may_read(everything, "analyst_jp", relations, "views_jp", "title_daily", NOW)
    assert not may_read(everything, "analyst_jp", relations, "views_de", "title_daily", NOW)
    refused = no_grant(everything, "analyst_jp", relations, "views_de", "title_daily", NOW)
    assert isinstance(refused, AccessRefusedError)
    assert "it belongs to the country JP and reads nothing of any other" in refused.message
