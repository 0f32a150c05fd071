"""What dbt said, as findings in words: the view and the column, never a node, a class or a stack."""

from __future__ import annotations

from typing import Any

import pytest

from metrics_catalog.finding import Place, Severity
from views.dbt.report import DbtReport, busy, findings, first_line, unreadable

NODES: dict[str, dict[str, Any]] = {
    "model.lake.title_daily": {"name": "title_daily"},
    "test.lake.a": {
        "attached_node": "model.lake.title_daily",
        "column_name": "title_id",
        "test_metadata": {"name": "not_null", "kwargs": {}},
    },
    "test.lake.b": {
        "attached_node": "model.lake.title_daily",
        "test_metadata": {"name": "ringi_unique_grain", "kwargs": {"columns": ["viewing_country", "title_id"]}},
    },
    "test.lake.c": {"attached_node": "model.lake.title_daily", "test_metadata": {"name": "ringi_own_country", "kwargs": {}}},
    "test.lake.d": {"attached_node": "model.lake.title_daily", "test_metadata": {"name": "accepted_values", "kwargs": {}}},
}


def place(view: str) -> Place:
    return Place(f"views/{view}.yaml")


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("test.lake.a", ["`title_daily`", "`title_id` is missing", "3 rows"]),
        ("test.lake.b", ["more than one row", "`viewing_country`, `title_id`"]),
        ("test.lake.c", ["another country"]),
        ("test.lake.d", ["`accepted_values`"]),
    ],
)
def test_a_failed_test_names_the_view_and_the_column(node: str, words: list[str]) -> None:
    (found,) = findings([{"unique_id": node, "status": "fail", "failures": 3}], NODES, place)
    assert (found.code, found.place.file, found.severity) == ("RNG-VIEW-010", "views/title_daily.yaml", Severity.ERROR)
    for word in words:
        assert word in found.message


def test_a_model_that_could_not_be_made_names_the_view_and_the_reason() -> None:
    message = (
        "Runtime Error in model title_daily (models/generated/title_daily.sql)\n  Catalog Error: Table x does not exist!\n  LINE 1: select"
    )
    (found,) = findings([{"unique_id": "model.lake.title_daily", "status": "error", "message": message}], NODES, place)
    assert found.code == "RNG-VIEW-011"
    assert found.message.endswith("Catalog Error: Table x does not exist!")


def test_what_passed_or_was_skipped_is_no_finding() -> None:
    assert (
        findings([{"unique_id": "test.lake.a", "status": status} for status in ("pass", "success", "skipped", "warn")], NODES, place) == ()
    )


def test_a_node_that_the_manifest_lacks_is_still_a_finding() -> None:
    assert [found.code for found in findings([{"unique_id": "test.lake.z", "status": "fail", "failures": None}], {}, place)] == [
        "RNG-VIEW-010"
    ]


def test_long_messages_are_cut_and_empty_ones_are_said() -> None:
    assert len(first_line("x" * 5000)) < 400
    assert "gave no reason" in unreadable([], place("v")).message
    assert busy("views.duckdb", place("v")).severity is Severity.WARNING


def test_a_report_is_one_sentence() -> None:
    assert DbtReport(built=True, ran=True, refreshed=4, views=1, countries=4, tests=6, seconds=3.21).sentence() == (
        "dbt made 1 views for 4 countries and passed 6 tests in 3.2 s."
    )
    assert "2 saved copies" in DbtReport(built=True, ran=False, refreshed=2, views=1, countries=4).sentence()
    assert "as they were." in DbtReport(built=True, ran=False, refreshed=0, views=1, countries=4).sentence()
    failed = DbtReport(built=False, ran=True, refreshed=0, views=1, countries=4, findings=(unreadable(["x"], place("v")),))
    assert "1 finding." in failed.sentence()
