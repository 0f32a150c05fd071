"""`ringi land`: what it says where, and its exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.catalogs import small_project, write
from tests.support.command import ringi
from tests.support.landing import lines

if TYPE_CHECKING:
    from pathlib import Path

EVENT = {
    "viewer_id": "v",
    "viewing_country": "JP",
    "event_type": "start",
    "occurred_at": "2026-11-01T20:00:00Z",
    "received_at": "2026-11-01T20:00:01Z",
}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_project(tmp_path / "lake")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_bytes(lines({"event_id": "e1", **EVENT}, {"event_id": "e1", **EVENT}, {"event_id": "e2", **EVENT, "event_type": "seek"}))
    return path


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.jsonl"
    path.write_text("<html>Moved</html>")
    return path


def test_a_line_a_file_and_the_total_that_adds_up(lake: Path, good: Path) -> None:
    said = ringi("land", "viewing_events", good, lake=lake)
    assert said.code == 0
    assert said.out == (
        "events.jsonl: 3 received = 1 accepted + 1 repeated + 1 quarantined\n"
        "viewing_events: 1 file, 3 received = 1 accepted + 1 repeated + 1 quarantined\n"
    )
    assert "`quarantine.viewing_events`" in said.err and "value_not_allowed (event_type)" in said.err and "RNG-JOB-020" in said.err


def test_a_refused_file_is_named_with_what_to_do_and_exit_code_1(lake: Path, good: Path, page: Path) -> None:
    said = ringi("land", "viewing_events", page, good, lake=lake)
    assert said.code == 1
    assert "page.jsonl: refused whole\n" in said.out and "1 file refused whole" in said.out
    assert "page.jsonl is refused whole. It is an HTML page" in said.err and "Hint:" in said.err and "ringi explain RNG-JOB-003" in said.err
    again = ringi("land", "viewing_events", page, lake=lake)
    assert again.code == 1 and "refused whole already, nothing changed" in again.out


def test_json_says_the_same_for_programs(lake: Path, good: Path, page: Path) -> None:
    told = ringi("land", "viewing_events", good, page, lake=lake, as_json=True).json()
    assert told["schema_version"] == 1 and told["source"] == "viewing_events"
    assert told["total"] == {"received": 3, "accepted": 1, "repeated": 1, "refused": 1}
    first, second = told["files"]
    assert first["verdict"] == "landed" and first["reasons"] == [{"reason": "value_not_allowed", "field": "event_type", "records": 1}]
    assert second["verdict"] == "refused" and second["fault"]["code"] == "RNG-JOB-003"
    assert [file["again"] for file in ringi("land", "viewing_events", good, page, lake=lake, as_json=True).json()["files"]] == [True, True]


def test_an_unknown_source_or_file_is_wrong_usage(lake: Path, good: Path) -> None:
    said = ringi("land", "viewing_event", good, lake=lake)
    assert said.code == 2 and "did you mean `viewing_events`?" in said.err
    said = ringi("land", "viewing_events", good.with_name("event.jsonl"), lake=lake)
    assert said.code == 2 and "did you mean `events.jsonl`?" in said.err
    said = ringi("land", "viewing_events", good.parent, lake=lake)
    assert said.code == 2 and "is a folder" in said.err
    assert not (lake / "warehouse" / "landing").exists()


def test_a_contract_with_findings_lands_nothing(lake: Path, good: Path) -> None:
    path = lake / "sources" / "viewing_events.yaml"
    path.write_text(path.read_text().replace("event_time: occurred_at", "event_time: occured_at"))
    said = ringi("land", "viewing_events", good, lake=lake)
    assert said.code == 1 and "occured_at" in said.err and "ringi check" in said.err
    write(lake, "sources/viewing_events.yaml", "source: [")
    assert "cannot be read" in ringi("land", "viewing_events", good, lake=lake).err
