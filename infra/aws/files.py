"""The files of an AWS lake: locations in S3, and moving data files into the folder and under the key of their country."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from infra.aws.foreign import translated, understood

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from pyiceberg.io import FileIO

    from infra.aws.objects import Objects
    from jobs.maintain.upkeep import Stray

COPIERS = 8


class S3Files:
    """Files below the warehouse; implements `infra.tables.ports.Files`."""

    def __init__(self, warehouse: str, objects: Objects) -> None:
        self._warehouse, self._objects = warehouse, objects

    def location(self, name: str) -> str:
        namespace, _, table = name.rpartition(".")
        return f"{self._warehouse}/{namespace}/{table}"

    def io(self, location: str) -> FileIO:
        from infra.aws.file_io import S3FileIO

        return S3FileIO(self._objects)

    def below(self, location: str) -> Iterator[Stray]:
        yield from self._objects.held_below(location)

    def remove_empty_folders(self, location: str, before: dt.datetime) -> None:
        """S3 has no folders."""

    def take(self, folder: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Copies inside S3, encrypted anew with the key of the place, and removes the originals when every copy is there."""
        targets = tuple(f"{folder}/{uuid.uuid4().hex}.parquet" for _ in paths)
        with ThreadPoolExecutor(max_workers=COPIERS) as pool:
            list(pool.map(self._objects.copy, paths, targets))
            list(pool.map(self._objects.delete, paths))
        return targets

    def translated(self, doing: str) -> AbstractContextManager[None]:
        return translated(doing)

    def understood(self, doing: str) -> AbstractContextManager[None]:
        return understood(doing)
