"""Shares one kind of work on many things between the cores of the machine, in forked processes that have the things already.

Used where a project is so large that one core would be busy for seconds. Where forking is not safe (another system, other
threads), or a process is lost, `forked` gives None and the caller does the work itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

MOST_PROCESSES, PIECES_EACH = 8, 4


def forked(work: Callable[[Sequence[T]], R], things: Sequence[T]) -> list[R] | None:
    """What `work` gives for each piece of the things, in their order; None where it was not shared. What it gives is pickled."""
    processes = min(len(os.sched_getaffinity(0)), MOST_PROCESSES) if _may_fork() else 1
    if processes == 1:
        return None
    size = max(-(-len(things) // (processes * PIECES_EACH)), 1)
    starts = range(0, len(things), size)
    try:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin, (work, things, size)) as pool:
            return list(pool.map(_piece, starts))
    except (BrokenProcessPool, OSError):  # killed for memory, or no process more allowed
        return None


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


_given: list[tuple[Callable[[Sequence[Any]], Any], Sequence[Any], int]] = []
"""In a forked process: what it does, and with what."""


def _begin(work: Callable[[Sequence[Any]], Any], things: Sequence[Any], size: int) -> None:
    _given[:] = [(work, things, size)]


def _piece(start: int) -> Any:
    work, things, size = _given[0]
    return work(things[start : start + size])
