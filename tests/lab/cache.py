"""The folder outside the repository where the lab keeps what it had to fetch: `RINGI_LAB_CACHE`, or ~/.cache/ringi-lab.

A thing is made once, under a lock and a passing name, and then renamed: two test runs at the same time share it, and one that is
killed half-way leaves nothing that the next would take for whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Made if it is missing."""
    folder = Path(os.environ.get("RINGI_LAB_CACHE") or Path.home() / ".cache" / "ringi-lab")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The cached folder `name`; where it is missing, `make` fills an empty folder that then gets this name."""
    final = cache_folder() / name
    with _locked(name):
        if not final.is_dir():
            with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=f".{name}-") as passing:
                filled = Path(passing) / "filled"
                filled.mkdir()
                make(filled)
                filled.rename(final)
    return final


def free_gigabytes() -> float:
    """Room left on the disk of the cache."""
    return shutil.disk_usage(cache_folder()).free / 1e9


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (cache_folder() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
