"""The tables of a lake in a local folder: the Iceberg adapter over the SQLite catalog and local files.

Made by `ringi/lake.py` for a lake whose profile says `local`. All pointers of a commit move in one transaction.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.catalog_db import CatalogDb
from infra.local.foreign import translated, understood
from infra.tables.iceberg import IcebergTables
from infra.tables.pointer_views import PointerViews
from jobs.maintain.upkeep import Stray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from pyiceberg.io import FileIO


class LocalTables(IcebergTables):
    """Tables below `warehouse`, listed in `warehouse/catalog.db`."""

    def __init__(self, warehouse: Path) -> None:
        pointers, files = CatalogDb(warehouse.absolute() / "catalog.db"), LocalFiles(warehouse.absolute())
        super().__init__(pointers, files, PointerViews(pointers, files))


class LocalFiles:
    """Files below one folder; implements `infra.tables.ports.Files`."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse

    def location(self, name: str) -> str:
        namespace, _, table = name.rpartition(".")
        return f"file://{self._warehouse}/{namespace}/{table}"

    def io(self, location: str) -> FileIO:
        from pyiceberg.io import load_file_io

        return load_file_io({}, location)

    def below(self, location: str) -> Iterator[Stray]:
        for folder, _, names in os.walk(_path(location)):
            for name in names:
                path = Path(folder, name)
                with suppress(FileNotFoundError):  # removed while we look
                    held = path.stat()
                    yield Stray(str(path), held.st_size, dt.datetime.fromtimestamp(held.st_mtime, tz=dt.UTC))

    def remove_empty_folders(self, location: str, before: dt.datetime) -> None:
        top = _path(location)
        for folder, _, _ in os.walk(top, topdown=False):
            place = Path(folder)
            if place != top and place.stat().st_mtime < before.timestamp() and not any(place.iterdir()):
                place.rmdir()

    def take(self, folder: str, paths: Sequence[str]) -> tuple[str, ...]:
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return tuple(str(Path(path).replace(place / f"{uuid.uuid4().hex}.parquet")) for path in paths)

    def translated(self, doing: str) -> AbstractContextManager[None]:
        return translated(doing)

    def understood(self, doing: str) -> AbstractContextManager[None]:
        return understood(doing)


def _path(location: str) -> Path:
    return Path(location.removeprefix("file://"))
