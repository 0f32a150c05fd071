"""The journal of an apply on this machine: a file of JSON lines for each plan, each line on the disk before the next call.

Implements `governance.lake_formation.port.Journal`; used where a lake is on this machine, and by tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.local.foreign import translated


class LocalJournal:
    """Files `<folder>/<digest>.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lines(self, digest: str) -> Iterator[Mapping[str, Any]]:
        with translated("reading the journal of an apply"):
            path = self._path(digest)
            data = path.read_bytes() if path.exists() else b""
        for line in data.split(b"\n")[:-1]:  # what follows the last end of a line was cut off
            yield json.loads(line)

    def append(self, digest: str, line: Mapping[str, Any]) -> None:
        with translated("writing the journal of an apply"):
            path = self._path(digest)
            is_new = not path.exists()
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab+") as file:
                _cut_off(file)
                file.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _sync_folder(self._folder)

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest.removeprefix('sha256:').replace(':', '-')}.jsonl"


def _cut_off(file: Any) -> None:
    """Remove what a stop left of a last line, so that the next one does not join it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    if size == 0 or file.read() == b"\n":
        return
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)


def _sync_folder(folder: Path) -> None:
    """The file's name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
