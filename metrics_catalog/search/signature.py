"""Whether files changed since the index was made, from their sizes and times alone: 12,000 files in some 60 ms.

Approvals are twice as many files again, each metric in a folder of its own, and decide nothing but the keys that a hit shows;
so they are looked at only for the metrics that are shown.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_FILES = ("countries.yaml", "people.yaml")
_FOLDERS = ("metrics", "views", "sources", "dimensions", "hearings")


class Signature(NamedTuple):
    """A digest over name, size and times of each file, and how many files there are."""

    digest: str
    files: int


def of_project(root: Path) -> Signature:
    """The signature of the files that search reads, approvals aside."""
    seen: list[str] = []
    for name in _FILES:
        try:
            found = (root / name).stat()
        except OSError:
            continue
        seen.append(_line(name, found))
    for name in _FOLDERS:
        _walk(str(root / name), seen)
    return Signature(_digest(seen), len(seen))


def of_approvals(root: Path, metric: str) -> str:
    """The signature of one metric's approvals; empty where it has none."""
    seen: list[str] = []
    _walk(str(root / "approvals" / metric), seen)
    return _digest(seen) if seen else ""


def _walk(folder: str, seen: list[str]) -> None:
    try:
        found = os.scandir(folder)
    except OSError:
        return
    with found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                _walk(entry.path, seen)
                continue
            try:
                seen.append(_line(entry.path, entry.stat()))
            except OSError:
                seen.append(entry.path)  # a link to nothing, or gone meanwhile


def _line(path: str, found: os.stat_result) -> str:
    return f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ctime_ns}"


def _digest(seen: list[str]) -> str:
    seen.sort()
    return blake2b("\n".join(seen).encode(errors="surrogateescape"), digest_size=16).hexdigest()
