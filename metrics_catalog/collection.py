"""Reading many files makes many objects and next to no garbage; Python's cycle collector would walk them again and again."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def rare_collection() -> Iterator[None]:
    """Collect a hundred times less often meanwhile: 12,000 files are read some times faster, and what is garbage still goes."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
