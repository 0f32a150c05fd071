"""The embedded engine over files that lie elsewhere, such as in S3: each is fetched before it is read, and sent after it is written.

For ledgers alone, which are small: a step that only writes a line need not start Spark for it. Made by `Lake.ledger_engine`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from jobs.engines.duckdb import DuckDb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.tables.iceberg import IcebergTables
    from jobs.engine import Written
    from jobs.table import PartitionField, TableColumn


class StagedDuckDb(DuckDb):
    """A session over the files of one lake's tables; close it to remove the copies."""

    def __init__(self, tables: IcebergTables, *, spill: Path | None = None, memory_limit: str | None = None) -> None:
        super().__init__(spill=spill, memory_limit=memory_limit)
        self._files = tables.store
        self._folder = TemporaryDirectory(prefix="ringi-ledger-")
        self._here: dict[str, str] = {}

    def relation(self, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
        """A FROM item over data files, fetched where they were not yet."""
        return super().relation([self._fetched(path) for path in files], columns)

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
        """Write a query's rows as data files, then send them to `folder`. Ledgers have no partitions."""
        here = Path(self._folder.name, uuid.uuid4().hex)
        written = super().write(sql, str(here), columns, partition, sort=sort, tally=tally)
        return tuple(self._sent(file, f"{folder}/{Path(file.path).relative_to(here)}") for file in written)

    def close(self) -> None:
        super().close()
        self._folder.cleanup()

    def _fetched(self, path: str) -> str:
        if path not in self._here:
            copy = Path(self._folder.name, f"{uuid.uuid4().hex}.parquet")
            with self._files.translated(f"reading `{path}`"), self._files.io(path).new_input(path).open() as file:
                copy.write_bytes(file.read())
            self._here[path] = str(copy)
        return self._here[path]

    def _sent(self, file: Written, path: str) -> Written:
        with self._files.translated(f"writing `{path}`"), self._files.io(path).new_output(path).create() as target:
            target.write(Path(file.path).read_bytes())
        self._here[path] = file.path
        return replace(file, path=path)
