"""Repeated records of a batch that one worker holds: found in one task, by the embedded path's own statements.

Spark plans and compiles for seconds before it shuffles the first digest; of a few million records an embedded engine has found the
repeats by then. What is chosen follows from counts that are known before: see `SparkSorting`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.engines.duckdb import relation
from jobs.land.repeats import repeated_since, repeated_within, wanted_columns
from jobs.land.spark.guarded import Failure, embedded, guarded
from jobs.land.spark.writing import REPEATED, without
from jobs.land.workbench import PLACE

if TYPE_CHECKING:
    from jobs.land.spark.workspace import Workspace
    from jobs.table import TableColumn
    from metrics_catalog.source import Source

TABLE = "land_repeated"


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many records of each object are repeated, and the files that name them."""

    counts: Mapping[int, int]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Few:
    """What the task is told: judged files and their columns, objects refused whole, files of bronze in the batch's days."""

    source: Source
    judged: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    gone: tuple[int, ...]
    bronze: tuple[str, ...]
    bronze_columns: tuple[TableColumn, ...]
    workspace: Workspace
    memory_limit: str

    def find(self) -> Repeated | Failure:
        """Find the repeated records and leave them as a file of the workspace."""
        return guarded(self._find)

    def _find(self) -> Repeated:
        with self.workspace.scratch() as scratch, embedded(scratch, self.memory_limit) as engine:
            engine.execute(f"CREATE TEMP TABLE {TABLE} AS {self._found(scratch)}")
            counts = dict(engine.rows(f"SELECT {PLACE}, count(*) FROM {TABLE} GROUP BY ALL"))
            written = engine.write(f"SELECT * FROM {TABLE}", f"{scratch}/repeated", REPEATED)
            return Repeated(counts, tuple(self._kept(file.path) for file in written))

    def _found(self, scratch: str) -> str:
        """The statement; a record that repeats both its batch and bronze is there once."""
        judged = relation([self.workspace.fetch(path, scratch) for path in self.judged], self.columns)
        rows = f"(SELECT * FROM {judged}{without(self.gone)})"
        found = repeated_within(self.source, rows)
        if self.bronze:
            files = [self.workspace.fetch(path, scratch) for path in self.bronze]
            found = f"{found} UNION {repeated_since(self.source, rows, files, wanted_columns(self.source, self.bronze_columns))}"
        return found

    def _kept(self, path: str) -> str:
        location = f"{self.workspace.folder}/again-{uuid.uuid4().hex}.parquet"
        self.workspace.keep(path, location)
        return location
