"""Every file of a lake on this machine, for erasure: the port `jobs.erase.ports.Places` over the warehouse and the project's folder.

What git keeps (`.git`) is not among them: its history is nobody's to rewrite here. Caches below the project are.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.foreign import translated
from infra.local.views_file import NAME as VIEWS_FILE
from jobs.engines.duckdb import SPILLED
from jobs.engines.owner import is_running, process
from jobs.erase.ports import File, Purged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

SPILL = ".spill"
PASSING = ("landing/_incoming", ".staging", SPILL)
"""Folders whose files exist only while something works."""

NOT_OURS = frozenset({".git", ".venv", "node_modules"})


class LocalPlaces:
    """The files of one lake project and its warehouse."""

    def __init__(self, root: Path, warehouse: Path, began: dt.datetime | None = None) -> None:
        self._root, self._warehouse = root.absolute(), warehouse.absolute()
        self._began = (began or dt.datetime.now(dt.UTC)).timestamp()
        """What was spilled since then is this very call's own, and goes when its engine is closed."""

    def files(self) -> Iterator[File]:
        with translated("looking through the lake"):
            yield from (file for file in _below(self._warehouse, self._warehouse, "") if not self._is_in_use(file))
        yield from self.beside()

    def beside(self) -> tuple[File, ...]:
        with translated("looking through the project"):
            return tuple(_below(self._root, self._root, "project/", self._warehouse))

    def rewrite(self, file: File, content: BinaryIO) -> None:
        path = Path(file.path)
        passing = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}~")
        with translated(f"rewriting `{file.name}`"):
            try:
                with passing.open("wb") as target:
                    shutil.copyfileobj(content, target)
                shutil.copymode(path, passing)
                passing.replace(path)
            finally:
                passing.unlink(missing_ok=True)

    def open(self, file: File) -> BinaryIO:
        try:
            return Path(file.path).open("rb")
        except FileNotFoundError:
            raise
        except OSError:
            with translated(f"reading `{file.name}`"):
                raise

    def passing(self) -> tuple[File, ...]:
        with translated("looking through the lake"):
            found = tuple(file for place in PASSING for file in _below(self._warehouse / place, self._warehouse, ""))
        return tuple(file for file in found if not self._is_in_use(file))

    def results(self) -> tuple[File, ...]:
        return ()

    def remade(self) -> tuple[File, ...]:
        path = self._warehouse / VIEWS_FILE
        return (File(VIEWS_FILE, str(path), path.stat().st_size),) if path.is_file() else ()

    def remove(self, files: Sequence[File]) -> None:
        for file in files:
            with translated(f"removing `{file.name}`"):
                Path(file.path).unlink(missing_ok=True)

    def _is_in_use(self, file: File) -> bool:
        """Whether a file was spilled by an engine that works now: DuckDB's folders name their process, Spark's tell nothing."""
        parts = Path(file.name).parts
        if parts[0] != SPILL:
            return False
        if len(parts) > 1 and (pid := process(parts[1], SPILLED)) is not None:
            return is_running(pid)
        try:
            return Path(file.path).stat().st_mtime >= self._began
        except FileNotFoundError:
            return True

    def purge(self, folders: Sequence[str]) -> Purged:
        return Purged()


def _below(top: Path, base: Path, prefix: str, without: Path | None = None) -> Iterator[File]:
    """Ordinary files below a folder, in a stable order; links are not followed."""
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS and Path(folder, name) != without)
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            with suppress(FileNotFoundError):  # removed while we look
                yield File(f"{prefix}{path.relative_to(base)}", str(path), path.stat().st_size)
