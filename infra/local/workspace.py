"""Room for the judged records of one batch in a local folder: the port `jobs.land.spark.Workspace`.

Made by `ringi/operations/landing.py` for a lake on a disk that all workers share, such as Spark's local mode.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Iterator


class LocalWorkspace:
    """One folder on the lake's disk; only one process lands at a time, since it holds the lake's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def folder(self) -> str:
        return str(self._folder)

    @contextmanager
    def opened(self) -> Iterator[LocalWorkspace]:
        with translated("making room for judged records"):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
        try:
            yield self
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def scratch(self) -> Iterator[str]:
        folder = self._folder / f"scratch-{uuid.uuid4().hex}"
        with translated("making room for a worker"):
            folder.mkdir(parents=True)
        try:
            yield str(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, path: str, location: str) -> None:
        with translated(f"keeping `{Path(location).name}`"):
            target = Path(location)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)

    def fetch(self, location: str, scratch: str) -> str:
        return location
