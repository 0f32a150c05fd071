"""Sorts a batch with Spark: workers judge their shares, Spark finds the repeats and writes the data files.

Made by `ringi/landing.py` where the lake's engine is Spark. Only counts, days and lists of files come to the driver.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.engines.spark.engine import translated
from jobs.engines.spark.files import quoted_name, read
from jobs.errors import EngineError
from jobs.land.report import Restated
from jobs.land.spark.distributed import each
from jobs.land.spark.repeats import RECORD, repeats
from jobs.land.spark.restate import restate
from jobs.land.spark.shares import Stretch, plan, share_size
from jobs.land.spark.verdicts import tallies_of
from jobs.land.spark.worker import Answer, Worker, staged
from jobs.land.workbench import PLACE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame

    from jobs.engine import Written
    from jobs.engines.spark import SparkEngine
    from jobs.land.sorting import Batch
    from jobs.land.spark.workspace import Workspace
    from jobs.land.tally import Tally
    from jobs.table import TableColumn, Tables, TableSpec

VIEW = "land_rows"


@dataclass(frozen=True, slots=True)
class SparkSorting:
    """Implements `jobs.land.sorting.Sorting`.

    `worker_memory` is for the embedded engine of each task, outside of Java; `share_bytes` sets the size of a task's share.
    """

    engine: SparkEngine
    workspace: Workspace
    worker_memory: str = "1GB"
    share_bytes: int | None = None

    @contextmanager
    def sort(self, batch: Batch, tables: Tables, advance: Callable[[int], None]) -> Iterator[SparkSorted]:
        with self.workspace.opened() as workspace:
            answers = self._judged(Worker(batch, workspace, self.worker_memory), batch)
            advance(sum(landed.size for landed in batch.manifest.objects))
            reached("land_judged")
            with _sorted(self.engine, batch, tables, answers) as found:
                yield found

    def _judged(self, worker: Worker, batch: Batch) -> list[Answer]:
        session = self.engine.session
        total = sum(landed.size for landed in batch.manifest.objects)
        size = self.share_bytes or share_size(total, session.sparkContext.defaultParallelism)
        shares = plan(batch, size, lambda stretches: each(session, Stretch.lines, stretches))
        answers = each(session, worker.judge, shares)
        failed = next((answer.failed for answer in answers if answer.failed), None)
        if failed is not None:
            raise EngineError(failed[0], hint=failed[1])
        return answers


@dataclass(frozen=True, slots=True)
class SparkSorted:
    """Implements `jobs.land.sorting.Sorted`; `accepted` and `refused` are rows in workers' files, less repeats and refused objects."""

    engine: SparkEngine
    batch: Batch
    tables: Tables
    tallies: Mapping[int, Tally]
    accepted: DataFrame
    refused: DataFrame
    repeated: Mapping[int, int]

    def restate(self) -> Restated:
        spec = self.tables.spec(self.batch.bronze.name)
        files = [file.path for file in self.tables.files(self.batch.bronze.name)]
        if spec is None or not files:
            return Restated()
        known = [column for column in spec.columns if column.name in self.batch.source.columns]
        with translated():
            return restate(self.engine, self.batch, self.tables, read(self.engine.session, files, known), self.accepted)

    def write_accepted(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        return self._write(self.accepted, shape, folder)

    def write_refused(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        return self._write(self.refused, shape, folder)

    def _write(self, rows: DataFrame, shape: TableSpec, folder: str) -> Sequence[Written]:
        from pyspark.sql import functions as f

        there = set(rows.columns)
        columns = [quoted_name(c.name) if c.name in there else f.lit(None).alias(c.name) for c in shape.columns]
        rows.select(*columns).createOrReplaceTempView(VIEW)
        try:
            return self.engine.write(f"SELECT * FROM {VIEW}", folder, shape.columns, shape.partition)
        finally:
            self.engine.session.catalog.dropTempView(VIEW)


@contextmanager
def _sorted(engine: SparkEngine, batch: Batch, tables: Tables, answers: Sequence[Answer]) -> Iterator[SparkSorted]:
    with translated():
        refused = _rows(engine, [a.refused for a in answers if a.refused], staged(batch.quarantine))
        tallies = tallies_of(batch, answers, refused)
        gone = [number for number, tally in tallies.items() if tally.fault is not None]
        sound = _without(_rows(engine, [a.sound for a in answers if a.sound], staged(batch.bronze)), gone)
        bronze = _touched(engine, batch, tables, frozenset().union(*(answer.days for answer in answers)))
        found = repeats(batch.source, sound, bronze).persist()
        repeated: dict[int, int] = {row[0]: row[1] for row in found.groupBy(PLACE).count().collect()}
    accepted = sound.join(found, [PLACE, RECORD], "left_anti") if repeated else sound
    try:
        yield SparkSorted(engine, batch, tables, tallies, accepted, _without(refused, gone), repeated)
    finally:
        found.unpersist()


def _rows(engine: SparkEngine, files: Sequence[str], columns: Sequence[TableColumn]) -> DataFrame:
    if files:
        return read(engine.session, files, columns)
    return engine.session.sql(f"SELECT * FROM {engine.relation((), columns)}")


def _without(rows: DataFrame, gone: Sequence[int]) -> DataFrame:
    """Without the records of objects that are refused whole after parts of them were judged elsewhere."""
    from pyspark.sql import functions as f

    return rows.where(~f.col(PLACE).isin(*gone)) if gone else rows


def _touched(engine: SparkEngine, batch: Batch, tables: Tables, days: frozenset[dt.date]) -> DataFrame | None:
    """The rows of bronze, keys and times only, in the days of the batch; nothing for a snapshot, which takes their place."""
    source, spec = batch.source, tables.spec(batch.bronze.name)
    if spec is None or source.delivery != "events":
        return None
    files = [file.path for file in tables.files(spec.name) if not file.partition or file.partition[0] in days]
    wanted = {*source.key, *([source.event_time] if source.event_time else [])}
    return read(engine.session, files, [column for column in spec.columns if column.name in wanted]) if files else None
