"""`ringi run` through the command line: what it says, and that only certified meanings decide what it publishes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metrics_catalog.catalog import load
from tests.support.catalogs import edit, metric_file
from tests.support.command import ringi
from tests.support.keys import keyed_project, turn_both

EVENT = {
    "viewer_id": "v1",
    "viewing_country": "JP",
    "device_type": "tv",
    "title_id": "t1",
    "occurred_at": "2026-11-01T10:00:00Z",
    "received_at": "2026-11-01T10:00:05Z",
}


def lines(*events: dict[str, object]) -> str:
    return "".join(json.dumps({"event_id": f"e{number}", **EVENT, **event}) + "\n" for number, event in enumerate(events))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with both keys on every metric, and four landed events, one of them refused."""
    root = keyed_project(tmp_path_factory.mktemp("run") / "lake")
    for number, name in enumerate(load(root)[0].metrics):
        turn_both(root, name, 10 * number)
    sent = root.parent / "events.jsonl"
    heartbeat = {"event_type": "heartbeat", "seconds_viewed": 36.0, "viewing_country": "DE"}
    sent.write_text(lines({"event_type": "start"}, heartbeat, {"event_type": "stop", "position_s": 2000}, {"event_type": "jump"}))
    assert ringi("land", "viewing_events", sent, lake=root).code == 0
    return root


def test_a_run_says_what_it_did_and_a_second_that_there_is_nothing_to_do(lake: Path) -> None:
    first = ringi("run", lake=lake)
    assert first.code == 0, first.err
    assert "4 records received since the last run: 3 accepted, 0 repeated, 1 refused." in first.out
    assert "title_daily: 5 metrics, 1 period, 2 rows; facts of 2 countries changed (it was never computed)." in first.out
    assert "Published 2 saved copies, 2 definer views; 0 published values restated." in first.out and "Done in " in first.out
    second = ringi("run", lake=lake)
    assert second.code == 0 and second.out.startswith("Nothing to do: ") and second.err == ""
    report = ringi("run", lake=lake, as_json=True).json()
    assert report["schema_version"] == 1 and report["run_id"] is None and report["views"] == []


def test_an_edit_without_keys_changes_no_published_number(lake: Path) -> None:
    ringi("run", lake=lake)
    edit(lake, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    assert ringi("run", lake=lake).out.startswith("Nothing to do: ")
    turn_both(lake, "viewing_hours", 1000)
    said = ringi("run", "title_daily", lake=lake)
    assert said.code == 0 and "1 published value restated" in said.out and "a meaning changed for all countries" in said.out


def test_an_unknown_view_names_the_nearest(lake: Path) -> None:
    said = ringi("run", "title_dally", lake=lake)
    assert said.code == 2 and "There is no view `title_dally`" in said.err and "did you mean `title_daily`?" in said.err


def test_a_plan_says_what_a_run_would_do_and_does_nothing(lake: Path) -> None:
    (sent := lake.parent / "late.jsonl").write_text(lines({"event_type": "start", "event_id": "late", "viewing_country": "US"}))
    ringi("run", lake=lake)
    assert ringi("run", "--plan", "--detailed-exitcode", lake=lake).code == 0
    assert ringi("land", "viewing_events", sent, lake=lake).code == 0
    for _ in range(2):
        said = ringi("run", "--plan", lake=lake)
        assert said.code == 0, said.err
        assert "compute   title_daily: 1 cell of country and period (new events in 1 country and period pairs)" in said.out
        assert "create    title_daily: 1 definer view with the first facts: US" in said.out
    assert ringi("run", "--plan", "--detailed-exitcode", lake=lake).code == 3
    plan = ringi("run", "--plan", lake=lake, as_json=True).json()
    assert plan["schema_version"] == 1 and plan["calls"] == [] and plan["compute"][0]["cells"] == [["US", "2026-11-01"]]
    (view,) = plan["definer_views"]
    assert (view["name"], view["action"]) == ("views_us.title_daily", "create") and {"athena", "spark", "duckdb"} <= set(view["sql"])
    assert "facts of 1 country changed" in ringi("run", lake=lake).out
    assert ringi("run", "--plan", lake=lake).out.startswith("Nothing to do: ")


def test_an_exit_code_of_a_plan_without_a_plan_is_wrong_usage(lake: Path) -> None:
    said = ringi("run", "--detailed-exitcode", lake=lake)
    assert said.code == 2 and "Hint: say `ringi run --plan --detailed-exitcode`." in said.err
