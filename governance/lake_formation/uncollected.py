"""Work over a whole account's permissions without Python's collector, which would look at all of them again and again.

Used by whatever makes, prints, writes or orders a plan.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """The collector looks for cycles among a million values that have none: half of the time of a large plan.

    Freezing and unfreezing moves what was made meanwhile to the oldest values, which are looked at seldom; without it the first
    value that is made afterwards has the collector look at all of them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
