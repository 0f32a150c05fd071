"""How a process waits for a lake that another one holds: one loop and one sentence, whatever the lock is made of.

Used by `infra/local/lock.py` and `infra/aws/lock.py`.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = dt.timedelta(minutes=10)


def nobody_said(sentence: str) -> None:
    """The talk of a caller that has nothing to print on."""


def wait_until(
    taken: Callable[[], bool], holder: Callable[[], object | None], patience: dt.timedelta, say: Callable[[str], object], *, pause: float
) -> None:
    """Ask whether the lock is `taken` now, again and again with `pause` seconds between; an InfraError when `patience` ends.

    `holder` names who has it, asked after each failure; None where it was let go in between, and then the next question decides.
    `say` gets one sentence when waiting begins.
    """
    deadline, said = time.monotonic() + patience.total_seconds(), False
    while not taken():
        who = holder()
        if who is not None and time.monotonic() >= deadline:
            raise InfraError(
                f"{str(who).capitalize()} holds the lake; gave up after {words(patience)}.",
                hint="run the same command again when it has finished. More: ringi explain RNG-INF-009",
            )
        if who is not None and not said:
            say(f"{who} holds the lake; waiting")
            said = True
        time.sleep(min(pause, max(0.05, deadline - time.monotonic())))


def words(stretch: dt.timedelta) -> str:
    """A stretch of time for people, such as `10 minutes`."""
    seconds = stretch.total_seconds()
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
