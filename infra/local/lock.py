"""The lake's lock: one process at a time changes a local lake; the others wait a while, or say who holds it.

A `flock` on `warehouse/.lock`, so a killed process lets go by itself. Held by `land` and `run`; readers need none.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

PATIENCE = dt.timedelta(minutes=10)
ASK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: what it does, its process number, and since when."""

    doing: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"another {self.doing} (pid {self.pid}, since {self.since})"


def nobody_said(sentence: str) -> None:
    """The talk of a caller that has nothing to print on."""


@contextmanager
def held(warehouse: Path, doing: str, *, patience: dt.timedelta = PATIENCE, say: Callable[[str], object] = nobody_said) -> Iterator[None]:
    """Hold the lake while the body runs; waits up to `patience`, then refuses with an InfraError that names the holder.

    `doing` is one word for people: `run`, `land`. `say` gets one sentence when waiting begins.
    """
    with translated("locking the lake"):
        warehouse.mkdir(parents=True, exist_ok=True)
        file = (warehouse / ".lock").open("a+b")
    with file:
        _acquire(file, patience, say)
        with translated("locking the lake"):
            _sign(file, doing)
        yield
        # Closing the file lets go; the name stays, because removing it would let two processes hold two different files.


def _acquire(file: BinaryIO, patience: dt.timedelta, say: Callable[[str], object]) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    said = False
    while not _locked(file):
        holder = _holder(file)
        if time.monotonic() >= deadline:
            raise InfraError(
                f"{str(holder).capitalize()} holds the lake; gave up after {words(patience)}.",
                hint="run the same command again when it has finished. More: ringi explain RNG-INF-009",
            )
        if not said:
            say(f"{holder} holds the lake; waiting")
            said = True
        time.sleep(ASK_AGAIN_SECONDS)


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: BinaryIO, doing: str) -> None:
    since = dt.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    file.seek(0)
    file.truncate()
    file.write(json.dumps({"doing": doing, "pid": os.getpid(), "since": since}).encode())
    file.flush()


def _holder(file: BinaryIO) -> Holder:
    """Who signed the lock; a holder that has not signed yet is named as far as it is known."""
    file.seek(0)
    try:
        signed = json.loads(file.read())
        return Holder(signed["doing"], signed["pid"], signed["since"])
    except (ValueError, KeyError):
        return Holder("command", 0, "just now")


def words(patience: dt.timedelta) -> str:
    seconds = patience.total_seconds()
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
