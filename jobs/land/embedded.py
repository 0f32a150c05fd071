"""Sorts a batch with DuckDB in this process: the way of small and middle-sized lakes.

Made by `landing.py` where the lake's engine is DuckDB. Everything streams through the engine, which spills where memory ends.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.land.judging import Judging
from jobs.land.repeats import find_repeats
from jobs.land.rows import bronze_rows, quarantine_rows
from jobs.land.snapshot import restate
from jobs.land.withholding import withheld
from jobs.land.workbench import PLACE, REPEATED, Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobs.engine import Written
    from jobs.engines.duckdb import DuckDb
    from jobs.land.report import Restated
    from jobs.land.sorting import Batch
    from jobs.land.tally import Tally
    from jobs.table import Tables, TableSpec


@dataclass(frozen=True, slots=True)
class EmbeddedSorting:
    """Implements `sorting.Sorting`."""

    engine: DuckDb

    @contextmanager
    def sort(self, batch: Batch, tables: Tables, advance: Callable[[int], None]) -> Iterator[EmbeddedSorted]:
        with Workbench(self.engine, batch.source) as bench:
            tallies = Judging(bench, batch.objects, batch.pieces, advance, batch.suppressed).run()
            find_repeats(bench, tables, batch.bronze.name)
            repeated = dict(self.engine.rows(f"SELECT {PLACE}, count(*) FROM {REPEATED} GROUP BY ALL"))
            yield EmbeddedSorted(batch, tables, bench, tallies, repeated)


@dataclass(frozen=True, slots=True)
class EmbeddedSorted:
    """Implements `sorting.Sorted` over the tables of a workbench."""

    batch: Batch
    tables: Tables
    bench: Workbench
    tallies: Mapping[int, Tally]
    repeated: Mapping[int, int]

    @property
    def withheld(self) -> Mapping[int, Sequence[int]]:
        return withheld(self.bench) if self.batch.suppressed else {}

    def restate(self) -> Restated:
        return restate(self.bench, self.tables, self.batch.bronze.name, self.batch.manifest)

    def write_accepted(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        known = {column.name for column in self.batch.bronze.columns}
        gone = "".join(f", NULL AS {quoted(column.name)}" for column in shape.columns if column.name not in known)
        rows = f"SELECT *{gone} FROM ({bronze_rows(self.batch, self.bench.accepted)})"
        return self.bench.engine.write(rows, folder, shape.columns, shape.partition)

    def write_refused(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        return self.bench.engine.write(quarantine_rows(self.batch, self.bench.refused), folder, shape.columns, shape.partition)
