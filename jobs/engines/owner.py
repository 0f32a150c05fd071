"""Folders of passing files are named `<prefix><pid>-<anything>`, so that others can tell what a killed process left behind.

Read by DuckDB's spill, by folders in memory and by erasure.
"""

from __future__ import annotations

import os


def process(name: str, prefix: str) -> int | None:
    """The process that a folder is named after; None where the name tells of none."""
    number = name.removeprefix(prefix).partition("-")[0]
    return int(number) if name.startswith(prefix) and number.isascii() and number.isdigit() else None


def is_running(pid: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)  # sends nothing, only asks
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def is_left_behind(name: str, prefix: str) -> bool:
    """Whether a folder is named after a process that has ended."""
    pid = process(name, prefix)
    return pid is not None and not is_running(pid)
