"""The embedded engine over data files in S3, for tests without a JVM: files are fetched before they are read, and sent after.

`AwsRunningLake(path, aws)` is `RunningLake` with its tables in S3 and Glue.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated
from infra.aws.keys import Keys
from infra.aws.objects import Objects
from infra.aws.tables import AwsTables
from jobs.engines.duckdb import DuckDb
from tests.support.catalogs import small_project
from tests.support.lakes import RunningLake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.aws.account import Aws
    from jobs.engine import Written
    from jobs.table import PartitionField, TableColumn


class S3DuckDb(DuckDb):
    """Keeps a copy of every data file below `cache`, which never goes stale: data files do not change."""

    def __init__(self, aws: Aws, cache: Path) -> None:
        super().__init__(spill=cache / ".spill", memory_limit="1GB", threads=2)
        self._objects, self._cache = Objects(aws, Keys(aws)), cache

    def relation(self, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
        return super().relation([self._fetched(file) for file in files], columns)

    def tally(self, files: Sequence[str], column: TableColumn) -> Mapping[str, Mapping[Any, int]]:
        given = {self._fetched(file): file for file in files}
        return {given[path]: counts for path, counts in super().tally(list(given), column).items()}

    def write(
        self,
        sql: str,
        folder: str,
        columns: Sequence[TableColumn],
        partition: Sequence[PartitionField] = (),
        *,
        sort: Sequence[str] = (),
        tally: TableColumn | None = None,
    ) -> tuple[Written, ...]:
        here = self._place(folder)
        written = []
        for file in super().write(sql, str(here), columns, partition, sort=sort, tally=tally):
            location = f"{folder}/{Path(file.path).relative_to(here)}"
            with translated("writing data files"), Path(file.path).open("rb") as source:
                self._objects.upload(source, location)
            Path(file.path).replace(self._place(location))
            written.append(replace(file, path=location))
        return tuple(written)

    def _fetched(self, location: str) -> str:
        if "://" not in location:
            return location
        place = self._place(location)
        if not place.exists():
            with translated("reading data files"):
                place.write_bytes(self._objects.read(location) or b"")
        return str(place)

    def _place(self, location: str) -> Path:
        self._cache.mkdir(parents=True, exist_ok=True)
        return self._cache / hashlib.sha256(location.encode()).hexdigest()[:32]


class AwsRunningLake(RunningLake):
    """One lake project with its tables on a pretended AWS."""

    def __init__(self, root: Path, aws: Aws, **options: Any) -> None:
        super().__init__(root, project=small_project)
        self.engine.close()
        self.tables = AwsTables(aws, **options)
        self.engine = S3DuckDb(aws, root / "cache")
