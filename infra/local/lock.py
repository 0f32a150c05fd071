"""The lake's lock: one process at a time changes a local lake; the others wait a while, or say who holds it.

A `flock` on `warehouse/.lock`, so a killed process lets go by itself. Held by `land` and `run`; readers need none.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.foreign import translated
from infra.waiting import PATIENCE, nobody_said, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

ASK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: what it does, its process number, and since when."""

    doing: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"another {self.doing} (pid {self.pid}, since {self.since})"


@contextmanager
def held(warehouse: Path, doing: str, *, patience: dt.timedelta = PATIENCE, say: Callable[[str], object] = nobody_said) -> Iterator[None]:
    """Hold the lake while the body runs; waits up to `patience`, then refuses with an InfraError that names the holder.

    `doing` is one word for people: `run`, `land`. `say` gets one sentence when waiting begins.
    """
    with translated("locking the lake"):
        warehouse.mkdir(parents=True, exist_ok=True)
        file = (warehouse / ".lock").open("a+b")
    with file:
        wait_until(lambda: _locked(file), lambda: _holder(file), patience, say, pause=ASK_AGAIN_SECONDS)
        with translated("locking the lake"):
            _sign(file, doing)
        yield
        # Closing the file lets go; the name stays, because removing it would let two processes hold two different files.


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
