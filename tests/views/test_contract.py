"""The contract of a published view: which columns, in which order, of which type, and what is withheld."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from metrics_catalog.meaning import resolve
from metrics_catalog.metric import Deprecation
from metrics_catalog.source import Classification, ColumnType
from tests.support.view_catalog import certified, numeric_catalog, title_daily
from views.contract import publish, type_of_metric
from views.ending import endings_in
from views.plan import wanted
from views.published_view import Role, published_name, saved_name


def test_columns_stand_in_the_promised_order() -> None:
    view = title_daily()
    assert [(column.name, column.role) for column in view.columns] == [
        ("viewing_country", Role.COUNTRY),
        ("viewing_date", Role.TIME),
        ("title_id", Role.DIMENSION),
        ("device_type", Role.DIMENSION),
        ("viewing_hours", Role.METRIC),
        ("viewers", Role.METRIC),
        ("completion_rate", Role.METRIC),
        ("completed_plays", Role.PART),
        ("plays", Role.PART),
    ]
    assert view.keys == ("viewing_country", "viewing_date", "title_id", "device_type")
    assert view.countries == ("DE", "IT", "JP", "US")


def test_each_column_has_its_type() -> None:
    types = {column.name: column.type for column in title_daily().columns}
    assert types["viewing_date"] is ColumnType.DATE
    assert types["viewing_hours"] is ColumnType.DOUBLE
    assert types["viewers"] is types["plays"] is ColumnType.INTEGER
    assert types["completion_rate"] is ColumnType.DOUBLE


@pytest.mark.parametrize(("name", "expected"), [("rebuffer_seconds", ColumnType.INTEGER), ("plays", ColumnType.INTEGER)])
def test_a_sum_has_the_type_of_what_it_sums(name: str, expected: ColumnType) -> None:
    assert type_of_metric(resolve(numeric_catalog(), name).logic) is expected


def test_columns_are_documented_in_both_languages_with_their_unit() -> None:
    columns = {column.name: column for column in title_daily().columns}
    assert columns["viewing_hours"].doc_en == "Viewing hours (hours). Hours of content played in the viewing country."
    assert columns["viewing_hours"].doc_ja == "視聴時間(hours)。視聴国で再生された時間。"
    assert columns["plays"].doc_en == "Plays (plays). Part of `completion_rate`."
    assert "`unknown`" in columns["device_type"].doc_en
    assert all(column.doc_en and column.doc_ja for column in columns.values())


def test_classification_is_inherited() -> None:
    columns = {column.name: column.classification for column in title_daily().columns}
    assert columns["viewing_country"] is Classification.PUBLIC
    assert columns["viewers"] is Classification.INTERNAL


def test_a_metric_without_two_keys_is_withheld_and_said() -> None:
    whole = numeric_catalog()
    made = publish(whole, "title_daily", certified(whole, ["viewers"]))
    assert made.view is not None
    assert [column.name for column in made.view.measured] == ["viewers"]
    assert [finding.code for finding in made.findings] == ["RNG-VIEW-001", "RNG-VIEW-001"]
    assert "`viewing_hours`" in made.findings[0].message


def test_a_view_without_any_certified_metric_is_not_published() -> None:
    made = publish(numeric_catalog(), "title_daily", {})
    assert made.view is None
    assert made.findings[-1].code == "RNG-VIEW-002"


def test_a_metric_whose_certified_meaning_lacks_a_dimension_is_withheld() -> None:
    whole = numeric_catalog()
    grain = whole.views["quality_daily"].grain.model_copy(update={"dimensions": ("device_type", "plan")})
    wider = replace(whole, views={"quality_daily": whole.views["quality_daily"].model_copy(update={"grain": grain})})
    made = publish(wider, "quality_daily", certified(whole))
    assert made.view is None
    assert made.findings[0].code == "RNG-VIEW-003"
    assert "`plan`" in made.findings[0].message


def test_a_retired_metric_is_withheld_and_a_deprecated_one_says_so() -> None:
    whole = numeric_catalog()
    metrics = {
        **whole.metrics,
        "viewers": whole.metrics["viewers"].model_copy(update={"lifecycle": "retired"}),
        "viewing_hours": whole.metrics["viewing_hours"].model_copy(update={"lifecycle": "deprecated"}),
    }
    made = publish(whole, "title_daily", certified(replace(whole, metrics=metrics)))
    assert made.view is not None
    columns = {column.name: column for column in made.view.columns}
    assert "viewers" not in columns
    assert columns["viewing_hours"].deprecated
    assert columns["viewing_hours"].doc_en.startswith("Deprecated.")
    assert [finding.code for finding in made.findings] == ["RNG-VIEW-007"]


def test_a_pending_edit_changes_no_column() -> None:
    whole = numeric_catalog()
    meanings = certified(whole)
    edited = whole.metrics["viewing_hours"].model_copy(
        update={"how": whole.metrics["viewing_hours"].how.model_copy(update={"expression": "position_s"})}
    )
    before = publish(whole, "title_daily", meanings).view
    assert publish(replace(whole, metrics={**whole.metrics, "viewing_hours": edited}), "title_daily", meanings).view == before


def test_a_part_on_which_two_ratios_differ_is_withheld() -> None:
    whole = numeric_catalog()
    old = certified(whole)
    filtered = whole.metrics["plays"].model_copy(update={"how": whole.metrics["plays"].how.model_copy(update={"filter": "plan = 'a'"})})
    second = whole.metrics["completion_rate"].model_copy(update={"metric": "finish_rate"})
    newer = replace(whole, metrics={**whole.metrics, "plays": filtered, "finish_rate": second})
    view = newer.views["title_daily"].model_copy(update={"metrics": ("completion_rate", "finish_rate")})
    both = {"completion_rate": old["completion_rate"], "finish_rate": resolve(newer, "finish_rate")}
    made = publish(replace(newer, views={"title_daily": view}), "title_daily", both)
    assert made.view is not None
    assert [column.name for column in made.view.measured] == ["completion_rate", "finish_rate", "completed_plays"]
    assert [finding.code for finding in made.findings] == ["RNG-VIEW-006"]


def test_a_listed_part_of_another_meaning_is_said() -> None:
    whole = numeric_catalog()
    old = certified(whole)
    filtered = whole.metrics["plays"].model_copy(update={"how": whole.metrics["plays"].how.model_copy(update={"filter": "plan = 'a'"})})
    newer = replace(whole, metrics={**whole.metrics, "plays": filtered})
    view = newer.views["title_daily"].model_copy(update={"metrics": ("completion_rate", "plays")})
    certain = {"completion_rate": old["completion_rate"], "plays": resolve(newer, "plays")}
    made = publish(replace(newer, views={"title_daily": view}), "title_daily", certain)
    assert [finding.code for finding in made.findings] == ["RNG-VIEW-005"]


def test_names_of_copies_and_views_are_lower_case() -> None:
    assert (saved_name("JP", "title_daily"), published_name("JP", "title_daily")) == ("saved_jp.title_daily", "views_jp.title_daily")


def test_a_column_that_ends_tells_its_successor_and_last_day_in_its_description_and_its_views_properties() -> None:
    whole = numeric_catalog()
    end = Deprecation(successor="viewers", reason="Counted twice.", ends_on=dt.date(2027, 3, 31))
    metrics = {**whole.metrics, "viewing_hours": whole.metrics["viewing_hours"].model_copy(update={"deprecation": end})}
    made = publish(whole, "title_daily", certified(replace(whole, metrics=metrics)))
    assert made.view is not None and made.findings == ()
    (column,) = (column for column in made.view.columns if column.name == "viewing_hours")
    assert column.doc_en.startswith("Deprecated: use `viewers`, this column ends on 2027-03-31.") and column.doc_ja.startswith(
        "非推奨。`viewers`"
    )
    (wanted_view, *_) = wanted(made.view, ["JP"])
    assert endings_in(wanted_view.properties) == {"viewing_hours": column.ending}


def test_an_ended_metric_that_the_view_still_lists_is_withheld_and_its_last_day_said() -> None:
    whole = numeric_catalog()
    end = Deprecation(successor="viewers", reason="Counted twice.", ends_on=dt.date(2025, 3, 31))
    ended = replace(
        whole, metrics={**whole.metrics, "viewing_hours": whole.metrics["viewing_hours"].model_copy(update={"deprecation": end})}
    )
    made = publish(ended, "title_daily", {name: meaning for name, meaning in certified(whole).items() if name != "viewing_hours"})
    (finding,) = made.findings
    assert finding.code == "RNG-VIEW-001" and "Its last day is 2025-03-31." in finding.message
