"""Whether files changed since the index was made, from their sizes and times alone: 13,000 files in some 50 ms.

A signature is kept whole instead of hashed: it is compared once a search, and loading a hash function takes longer than that.
Approvals are twice as many files again, each metric in a folder of its own, and decide nothing but the keys that a hit shows;
so they are looked at only for the metrics that are shown.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_FILES = ("countries.yaml", "people.yaml")
_FOLDERS = ("metrics", "views", "sources", "dimensions", "hearings")
_TIME = "st_ctime_ns" if os.name == "posix" else "st_mtime_ns"
"""On POSIX every change of a file moves its ctime, also one that sets its time back."""


class Signature(NamedTuple):
    """Path, size and time of each file, one a line and sorted, and how many files there are."""

    text: str
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
    return Signature(_text(seen), len(seen))


def of_approvals(root: Path, metric: str) -> str:
    """The signature of one metric's approvals; empty where it has none."""
    seen: list[str] = []
    _walk(str(root / "approvals" / metric), seen)
    return _text(seen)


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
    return f"{path} {found.st_size} {getattr(found, _TIME)}"


def _text(seen: list[str]) -> str:
    seen.sort()
    # names that are no UTF-8 are kept as escapes, which SQLite can store
    return "\n".join(seen).encode(errors="backslashreplace").decode()
