"""Reading many files, or planning for many permissions, makes many objects and no garbage in cycles; Python's cycle collector would
walk them again and again."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def rare_collection() -> Iterator[None]:
    """Leave out cycle collection meanwhile: 12,000 files are read some times faster. Memory is still freed by counting.

    Freezing and unfreezing afterwards puts what was made among the old objects, which are walked seldom; without it the next new
    object would have all of them walked at once.
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
