"""A folder for tens of thousands of small files that are read once and forgotten: in memory where the system offers that.

Records of a commit are written there to be verified. On a disk such files may take longer to write and to delete than to judge.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.engines.owner import is_left_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # not for a file of a known name: only for folders that mkdtemp makes
ROOM = 2**30
"""Bytes that must be free there; the records of 12,000 metrics take a quarter."""


@contextmanager
def memory_folder(prefix: str, *, memory: Path = SHARED_MEMORY, room: int = ROOM) -> Iterator[Path]:
    """A new folder that only this user may enter, removed at the end; where TMPDIR is set, or memory has no room, it lies there or on disk.

    What a killed process left in memory is removed by the next one that asks for the same prefix.
    """
    parent = _memory(memory, room)
    if parent is not None:
        _sweep(parent, prefix)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=parent) as name:
        yield Path(name)


def _memory(memory: Path, room: int) -> Path | None:
    if os.environ.get("TMPDIR") or not os.access(memory, os.W_OK | os.X_OK):
        return None
    free = os.statvfs(memory)
    return memory if free.f_bavail * free.f_frsize >= room else None


def _sweep(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*-*"):
        with suppress(FileNotFoundError):  # another swept it in this moment
            if is_left_behind(folder.name, prefix) and folder.lstat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
