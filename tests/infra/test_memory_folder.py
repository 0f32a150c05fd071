"""A folder in memory: removed at the end, left to its own user, and no place for what a killed process forgot."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.memory_folder import memory_folder


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the system's, with room."""
    (tmp_path / "memory").mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    return tmp_path / "memory"


def test_it_lies_in_memory_is_private_and_is_gone_afterwards(memory: Path) -> None:
    with memory_folder("ringi-test-", memory=memory, room=1) as folder:
        assert folder.parent == memory
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU
        (folder / "file").write_text("x")
    assert list(memory.iterdir()) == []


@pytest.mark.parametrize("why", ["TMPDIR", "no room", "no such place"])
def test_it_lies_elsewhere_where_memory_has_no_room_or_a_person_says_so(
    why: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "TMPDIR":
        monkeypatch.setenv("TMPDIR", str(tmp_path))
    place = tmp_path / "nowhere" if why == "no such place" else memory
    with memory_folder("ringi-test-", memory=place, room=2**80 if why == "no room" else 1) as folder:
        assert folder.is_dir()
        assert memory not in folder.parents


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_uses_is_not(memory: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, kept = memory / f"ringi-test-{dead.pid}-a", memory / "ringi-test-1-b"
    for folder in (left, kept, memory / "ringi-test-mine"):
        folder.mkdir()
        (folder / "file").write_text("x")
    with memory_folder("ringi-test-", memory=memory, room=1):
        assert not left.exists()
    assert kept.exists()
    assert (memory / "ringi-test-mine").exists()
