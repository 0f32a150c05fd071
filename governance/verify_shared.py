"""Shares the checking of many keys between the cores of the machine; a few are checked in this process.

A signature takes a tenth of a millisecond, so that 24,000 keys would keep one core busy for seconds. Processes are forked: they
have the records already, and send back plain values. Where forking is not safe (another system, other threads) nothing is shared.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.meaning_store import MeaningStore
from governance.verified import Verdict, verdict
from metrics_catalog.collection import rare_collection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from metrics_catalog.records import Records

WORTH_SHARING = 2_000
"""Metrics; for fewer the other processes would not have begun before all is done."""
MOST_PROCESSES, PIECES_EACH = 8, 4


@dataclass(frozen=True, slots=True)
class Needs:
    """Digests of meanings that were found sound, and of the files that they need."""

    sound: frozenset[str]
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Work:
    records: Records
    now: datetime


def verdicts(records: Records, names: Sequence[str], now: datetime, *, worth_sharing: int = WORTH_SHARING) -> tuple[list[Verdict], Needs]:
    """What the approvals of each metric are worth, in the order of the names, and which files they need."""
    work = _Work(records, now)
    if len(names) >= worth_sharing and _may_fork() and (processes := min(len(os.sched_getaffinity(0)), MOST_PROCESSES)) > 1:
        try:
            return _shared(work, names, processes)
        except (BrokenProcessPool, OSError):  # killed for memory, or no process more allowed: this one does it alone
            pass
    return _judged(work, names)


def _shared(work: _Work, names: Sequence[str], processes: int) -> tuple[list[Verdict], Needs]:
    size = -(-len(names) // (processes * PIECES_EACH))
    pieces = [names[start : start + size] for start in range(0, len(names), size)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin, (work,)) as pool:
        done = list(pool.map(_piece, pieces))
    sound, files = (frozenset().union(*(getattr(needs, name) for _, needs in done)) for name in ("sound", "files"))
    return [each for found, _ in done for each in found], Needs(sound, files)


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


_given: list[_Work] = []
"""In a forked process: what it works on."""


def _begin(work: _Work) -> None:
    _given[:] = [work]


def _piece(names: Sequence[str]) -> tuple[list[Verdict], Needs]:
    return _judged(_given[0], names)


def _judged(work: _Work, names: Sequence[str]) -> tuple[list[Verdict], Needs]:
    store = MeaningStore(work.records.catalog.root)
    with rare_collection():
        found = [verdict(work.records, store, name, work.now) for name in names]
    return found, Needs(frozenset(store.read()), frozenset(store.needed()))
