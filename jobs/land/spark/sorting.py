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
from jobs.land.repeats import wanted_columns
from jobs.land.report import Restated
from jobs.land.spark.distributed import each
from jobs.land.spark.few import Few, Repeated
from jobs.land.spark.guarded import answers
from jobs.land.spark.repeats import RECORD, repeats
from jobs.land.spark.restate import restate
from jobs.land.spark.shares import Stretch, plan, share_size
from jobs.land.spark.verdicts import tallies_of
from jobs.land.spark.worker import Answer, Worker, staged
from jobs.land.spark.writing import REPEATED, Writer, portions
from jobs.land.withholding import SUPPRESSED
from jobs.land.workbench import PLACE
from jobs.table import Days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

    from jobs.engine import Written
    from jobs.engines.spark import SparkEngine
    from jobs.land.sorting import Batch
    from jobs.land.spark.workspace import Workspace
    from jobs.land.tally import Tally
    from jobs.table import DataFile, TableColumn, Tables, TableSpec

VIEW = "land_repeated"

FEW_RECORDS, FEW_BYTES = 10_000_000, 512 * 2**20
"""Records of a batch and of bronze in its days, and bytes of their files, which one task may have to fetch."""


@dataclass(frozen=True, slots=True)
class SparkSorting:
    """Implements `jobs.land.sorting.Sorting`.

    `worker_memory` is for the embedded engine of each task, outside of Java; `share_bytes` sets the size of a task's share. Up to
    `few_records`, in the batch and in bronze's files of its days, one task finds the repeated records (`few.py`).
    """

    engine: SparkEngine
    workspace: Workspace
    worker_memory: str = "1GB"
    share_bytes: int | None = None
    few_records: int = FEW_RECORDS

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
        repeated = _repeated(by, batch, tables, judged, gone)
    return SparkSorted(by, batch, tables, tallies, repeated.counts, held, judged, repeated.files)


def _repeated(by: SparkSorting, batch: Batch, tables: Tables, judged: Sequence[Answer], gone: Sequence[int]) -> Repeated:
    """In one task where the batch and what bronze holds of its days are few records, by Spark where they are many."""
    files = [answer.sound for answer in judged if answer.sound]
    spec = tables.spec(batch.bronze.name)
    there = _touched(batch, tables, frozenset(day for answer in judged for day in answer.days)) if spec else ()
    records = sum(file.rows for file in files) + sum(file.rows for file in there)
    size = sum(file.bytes for file in files) + sum(file.bytes for file in there)
    if records > by.few_records or size > FEW_BYTES:
        known = wanted_columns(batch.source, spec.columns) if spec else ()
        return _found_by_spark(by, batch, judged, gone, read(by.engine.session, [file.path for file in there], known) if there else None)
    if not files:
        return Repeated({}, ())
    paths, held = tuple(file.path for file in files), tuple(file.path for file in there)
    columns, known = staged(batch.bronze), spec.columns if spec else ()
    few = Few(batch.source, paths, columns, tuple(gone), held, known, by.workspace, by.worker_memory)
    return answers(each(by.engine.session, Few.find, [few]))[0]


def _found_by_spark(by: SparkSorting, batch: Batch, judged: Sequence[Answer], gone: Sequence[int], bronze: DataFrame | None) -> Repeated:
    with repeats(batch.source, _sound(by.engine, batch, judged, gone), bronze) as found:
        again = () if found is None else _repeats(by, found)
    counted = read(by.engine.session, again, REPEATED).groupBy(PLACE).count().collect() if again else []
    return Repeated({row[0]: row[1] for row in counted}, again)


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


def _touched(batch: Batch, tables: Tables, days: frozenset[dt.date]) -> tuple[DataFile, ...]:
    """Data files of bronze in the days of the batch; none for a snapshot, which takes their place."""
    if batch.source.delivery != "events":
        return ()
    time = batch.source.event_time
    return tables.files(batch.bronze.name, on=Days(time, days) if time else None)
