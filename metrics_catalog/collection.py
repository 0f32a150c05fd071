"""Reading many files makes many objects and no garbage in cycles; Python's cycle collector would walk them again and again."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def rare_collection() -> Iterator[None]:
    """Leave out cycle collection meanwhile: 12,000 files are read some times faster. Memory is still freed by counting."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
