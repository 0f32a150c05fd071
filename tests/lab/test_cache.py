"""The lab's cache is filled once, by whoever comes first, and never holds half of a thing; a Java is found by what it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.cache import kept
from tests.lab.java import find_java


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RINGI_LAB_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"


def test_two_who_need_the_same_thing_make_it_once() -> None:
    made: list[Path] = []

    def make(into: Path) -> None:
        made.append(into)
        (into / "content").write_text("whole", encoding="utf-8")

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: kept("thing", make), range(4)))
    assert len(made) == 1
    (thing,) = found
    assert (thing / "content").read_text(encoding="utf-8") == "whole"


def test_what_fails_half_way_leaves_nothing_and_is_made_anew(cache: Path) -> None:
    def half(into: Path) -> None:
        (into / "content").write_text("ha", encoding="utf-8")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        kept("thing", half)
    assert [path for path in cache.iterdir() if path.is_dir()] == []
    assert list(kept("thing", lambda into: (into / "content").touch()).iterdir())


@pytest.mark.parametrize(("version", "found"), [("25.0.3", True), ("24", True), ("17.0.15", False), ("1.8.0_402", False)])
def test_a_java_is_taken_when_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, found: bool) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    (tmp_path / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{version}"\nMODULES="java.base jdk.net"\n', encoding="utf-8")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    java = find_java(24)
    assert (java is not None and java.home == tmp_path) is found


def test_no_java_is_new_enough_for_the_far_future() -> None:
    assert find_java(10_000) is None
