"""`ringi stream`: what it refuses before Spark is started; and `ringi land` without files, which finishes what lies in landing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_kill_land import EARLIER
from tests.support.catalogs import small_project
from tests.support.command import ringi

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_project(tmp_path / "lake")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["viewing_events", "--from", "nowhere"], "There is no folder `nowhere`."),
        (["viewing_event", "--from", "."], "There is no source `viewing_event`."),
        (["viewing_events", "--from", ".", "--every", "3"], "`--every 3` is too short."),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_starts(lake: Path, words: list[str], told: str) -> None:
    said = ringi("stream", *words, lake=lake)
    assert said.code == 2 and told in said.err and "Hint:" in said.err
    assert not (lake / "warehouse").exists()


def test_land_without_files_finishes_what_was_received(lake: Path, tmp_path: Path) -> None:
    sent = tmp_path / "sent.jsonl"
    sent.write_bytes(EARLIER)
    report = ringi("land", "viewing_events", sent, lake=lake, as_json=True).json()
    nothing = ringi("land", "viewing_events", lake=lake, as_json=True).json()
    assert nothing["files"] == nothing["finished"] == []
    (lake / "warehouse" / "landing" / "_unfinished" / "viewing_events" / report["files"][0]["batch"]).touch()
    finished = ringi("land", "viewing_events", lake=lake, as_json=True).json()
    assert finished["files"] == [] and [file["accepted"] for file in finished["finished"]] == [5]
