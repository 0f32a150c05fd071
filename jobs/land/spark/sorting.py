"""Sorts a batch with Spark: workers judge their shares, Spark finds the repeats, workers write the data files.

Made by `ringi/operations/landing.py` where the lake's records are sorted by Spark. Only counts, days, lists of files and
the numbers of withheld records come to the driver.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.engines.spark.engine import translated
from jobs.engines.spark.files import read
from jobs.land.report import Restated
from jobs.land.spark.distributed import each
from jobs.land.spark.guarded import answers
from jobs.land.spark.repeats import RECORD, repeats
from jobs.land.spark.restate import restate
from jobs.land.spark.shares import Stretch, plan, share_size
from jobs.land.spark.verdicts import tallies_of
from jobs.land.spark.worker import Answer, Worker, staged
from jobs.land.spark.writing import REPEATED, Writer, portions
from jobs.land.withholding import SUPPRESSED
from jobs.land.workbench import PLACE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

    from jobs.engine import Written
    from jobs.engines.spark import SparkEngine
    from jobs.land.sorting import Batch
    from jobs.land.spark.workspace import Workspace
    from jobs.land.tally import Tally
    from jobs.table import TableColumn, Tables, TableSpec

VIEW = "land_repeated"


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
            total = sum(landed.size for landed in batch.manifest.objects)
            judged = self._judged(Worker(batch, workspace, self.worker_memory), batch, total)
            advance(total)
            reached("land_judged")
            yield _sorted(self, batch, tables, judged)

    @property
    def cores(self) -> int:
        return self.engine.session.sparkContext.defaultParallelism

    def _judged(self, worker: Worker, batch: Batch, total: int) -> list[Answer]:
        session = self.engine.session
        size = self.share_bytes or share_size(total, self.cores)
        shares = plan(batch, size, lambda stretches: each(session, Stretch.lines, stretches))
        return answers(each(session, worker.judge, shares))


@dataclass(frozen=True, slots=True)
class SparkSorted:
    """Implements `jobs.land.sorting.Sorted` over the files that the workers left; `again` are those of the repeated records."""

    by: SparkSorting
    batch: Batch
    tables: Tables
    tallies: Mapping[int, Tally]
    repeated: Mapping[int, int]
    withheld: Mapping[int, Sequence[int]]
    judged: Sequence[Answer]
    again: tuple[str, ...]

    def restate(self) -> Restated:
        session = self.by.engine.session
        spec = self.tables.spec(self.batch.bronze.name)
        files = [file.path for file in self.tables.files(self.batch.bronze.name)]
        if spec is None or not files:
            return Restated()
        known = [column for column in spec.columns if column.name in self.batch.source.columns]
        with translated():
            rows = _sound(self.by.engine, self.batch, self.judged, self._gone)
            if self.again:
                rows = rows.join(read(session, self.again, REPEATED), [PLACE, RECORD], "left_anti")
            return restate(self.by.engine, self.batch, self.tables, read(session, files, known), rows)

    def write_accepted(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        days: Counter[dt.date] = Counter()
        for answer in self.judged:
            days.update(answer.days)
        files = [answer.sound for answer in self.judged if answer.sound]
        return self._write(files, dict(days) if shape.partition else {}, shape, staged(self.batch.bronze), folder, self.again)

    def write_refused(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        files = [answer.refused for answer in self.judged if answer.refused]
        return self._write(files, {}, shape, staged(self.batch.quarantine), folder, ())

    @property
    def _gone(self) -> tuple[int, ...]:
        return tuple(number for number, tally in self.tallies.items() if tally.fault is not None)

    def _write(
        self,
        files: Sequence[Written],
        days: Mapping[dt.date, int],
        shape: TableSpec,
        columns: tuple[TableColumn, ...],
        folder: str,
        again: tuple[str, ...],
    ) -> list[Written]:
        by = self.by
        writer = Writer(self.batch.source, shape, columns, folder, again, self._gone, by.workspace, by.worker_memory)
        written = answers(each(by.engine.session, writer.write, portions(files, days, by.cores)))
        return [file for part in written for file in part]


def _sorted(by: SparkSorting, batch: Batch, tables: Tables, judged: Sequence[Answer]) -> SparkSorted:
    engine = by.engine
    with translated():
        refused = _rows(engine, [answer.refused for answer in judged if answer.refused], staged(batch.quarantine))
        tallies = tallies_of(batch, judged, refused)
        gone = [number for number, tally in tallies.items() if tally.fault is not None]
        held = _withheld(refused, gone) if batch.suppressed else {}
        bronze = _touched(engine, batch, tables, frozenset(day for answer in judged for day in answer.days))
        with repeats(batch.source, _sound(engine, batch, judged, gone), bronze) as found:
            again = () if found is None else _repeats(by, found)
        counted = read(engine.session, again, REPEATED).groupBy(PLACE).count().collect() if again else []
    return SparkSorted(by, batch, tables, tallies, {row[0]: row[1] for row in counted}, held, judged, again)


def _withheld(refused: DataFrame, gone: Sequence[int]) -> dict[int, list[int]]:
    """Numbers of the records of persons who were erased, by object, in order."""
    from pyspark.sql import functions as f

    places = refused.where(f.col("reason") == SUPPRESSED).select(PLACE, RECORD).collect()
    found: dict[int, list[int]] = {}
    for number, record in sorted((row[0], row[1]) for row in places if row[0] not in gone):
        found.setdefault(number, []).append(record)
    return found


def _repeats(by: SparkSorting, found: DataFrame) -> tuple[str, ...]:
    """The repeated records as files of the workspace."""
    found.createOrReplaceTempView(VIEW)
    try:
        return tuple(
            file.path for file in by.engine.write(f"SELECT * FROM {VIEW}", f"{by.workspace.folder}/again-{uuid.uuid4().hex}", REPEATED)
        )
    finally:
        by.engine.session.catalog.dropTempView(VIEW)


def _sound(engine: SparkEngine, batch: Batch, judged: Sequence[Answer], gone: Sequence[int]) -> DataFrame:
    """All sound records, without those of objects that are refused whole after their parts were judged apart."""
    from pyspark.sql import functions as f

    rows = _rows(engine, [answer.sound for answer in judged if answer.sound], staged(batch.bronze))
    return rows.where(~f.col(PLACE).isin(*gone)) if gone else rows


def _rows(engine: SparkEngine, files: Sequence[Written], columns: Sequence[TableColumn]) -> DataFrame:
    if files:
        return read(engine.session, [file.path for file in files], columns)
    return engine.session.sql(f"SELECT * FROM {engine.relation((), columns)}")


def _touched(engine: SparkEngine, batch: Batch, tables: Tables, days: frozenset[dt.date]) -> DataFrame | None:
    """The rows of bronze, keys and times only, in the days of the batch; nothing for a snapshot, which takes their place."""
    source, spec = batch.source, tables.spec(batch.bronze.name)
    if spec is None or source.delivery != "events":
        return None
    files = [file.path for file in tables.files(spec.name) if not file.partition or file.partition[0] in days]
    wanted = {*source.key, *([source.event_time] if source.event_time else [])}
    return read(engine.session, files, [column for column in spec.columns if column.name in wanted]) if files else None
