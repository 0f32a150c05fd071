"""The persisted index is made again when files changed, and never stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metrics_catalog.search.entry import Content
from metrics_catalog.search.service import PLACE, search
from tests.support.search_catalog import content

if TYPE_CHECKING:
    from pathlib import Path


class Counted:
    """Hands out the catalog and counts how often it was asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Content:
        self.times += 1
        return content()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "metrics" / "engagement").mkdir(parents=True)
    (tmp_path / "metrics" / "engagement" / "plays.yaml").write_text("metric: plays\n", encoding="utf-8")
    return tmp_path


def test_a_second_search_reads_no_catalog(lake: Path) -> None:
    made = Counted()
    first, second = search(lake, "plays", made), search(lake, "plays", made)
    assert made.times == 1
    assert first == second


def test_a_changed_new_or_lost_file_makes_the_index_again(lake: Path) -> None:
    made = Counted()
    search(lake, "plays", made)
    path = lake / "metrics" / "engagement" / "plays.yaml"
    path.write_text("metric: other\n", encoding="utf-8")  # as long as before
    search(lake, "plays", made)
    (lake / "views").mkdir()
    (lake / "views" / "new.yaml").write_text("", encoding="utf-8")
    search(lake, "plays", made)
    path.unlink()
    search(lake, "plays", made)
    assert made.times == 4


def test_a_turned_key_of_a_metric_that_is_shown_makes_the_index_again(lake: Path) -> None:
    made = Counted()
    search(lake, "plays", made)
    folder = lake / "approvals" / "plays"
    folder.mkdir(parents=True)
    (folder / "tech.yaml").write_text("side: tech\n", encoding="utf-8")
    search(lake, "retention", made)  # does not show plays
    assert made.times == 1
    search(lake, "plays", made)
    assert made.times == 2
    search(lake, "plays", made)
    assert made.times == 2


@pytest.mark.parametrize("damage", [b"", b"not a database", b"SQLite format 3\x00" + b"\x07" * 4096])
def test_a_damaged_index_is_made_again(lake: Path, damage: bytes) -> None:
    made = Counted()
    expected = search(lake, "plays", made)
    (lake / PLACE).write_bytes(damage)
    assert search(lake, "plays", made) == expected
    assert made.times == 2


def test_a_cut_index_is_made_again(lake: Path) -> None:
    made = Counted()
    expected = search(lake, "plays", made)
    whole = (lake / PLACE).read_bytes()
    (lake / PLACE).write_bytes(whole[: len(whole) // 2])
    assert search(lake, "plays", made) == expected


def test_a_folder_that_cannot_be_written_is_said_and_search_works(lake: Path) -> None:
    (lake / ".ringi").write_text("a file where the folder should be", encoding="utf-8")
    said: list[str] = []
    assert search(lake, "plays", content, say=said.append).hits[0].name == "plays"
    assert "cannot be kept" in said[0]


def test_files_with_findings_are_said(lake: Path) -> None:
    said: list[str] = []
    search(lake, "plays", lambda: Content(content().catalog, unread=2), say=said.append)
    assert said == ["2 files have findings and cannot be found: see `ringi check`."]


def test_no_half_written_file_is_left(lake: Path) -> None:
    search(lake, "plays", content)
    assert {path.name for path in (lake / PLACE).parent.iterdir()} == {PLACE.name, ".gitignore"}


def test_a_link_to_nothing_does_not_stop_a_search(lake: Path) -> None:
    (lake / "metrics" / "lost.yaml").symlink_to(lake / "nowhere.yaml")
    assert search(lake, "plays", content).hits
