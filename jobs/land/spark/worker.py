"""What a worker of Spark does with its share of a batch: it judges with an embedded engine of its own, and leaves two files.

The code is the embedded path's, to the last statement. The worker's answer is small: counts, days and its files. A task that
Spark runs again leaves another file; only the files of the answer that counts are read.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.engine import Written
from jobs.land.breaks import BenchLook, Evidence
from jobs.land.judging import Judging
from jobs.land.repeats import day_of
from jobs.land.rows import bronze_rows, quarantine_rows
from jobs.land.spark.guarded import Failure, embedded, guarded
from jobs.land.workbench import PLACE, Workbench
from jobs.table import TableColumn
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jobs.engines.duckdb import DuckDb
    from jobs.land.sorting import Batch
    from jobs.land.spark.shares import Share
    from jobs.land.spark.workspace import Workspace
    from jobs.land.tally import Tally
    from jobs.table import TableSpec


@dataclass(frozen=True, slots=True)
class Found:
    """One piece. `evidence` and `filled` only of a part, whose object is judged when all its parts are known."""

    number: int
    start: int
    tally: Tally
    evidence: Evidence | None = None
    filled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """One share: its pieces, its sound records by UTC day, and its files of sound and refused records."""

    found: tuple[Found, ...]
    days: Mapping[dt.date, int] = field(default_factory=dict)
    sound: Written | None = None
    refused: Written | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """What every worker is told; `memory_limit` is for its engine, as DuckDB writes it."""

    batch: Batch
    workspace: Workspace
    memory_limit: str

    def judge(self, share: Share) -> Answer | Failure:
        """Judge a share. A failure that a person must know comes back as a sentence, not as a traceback from afar."""
        return guarded(lambda: self._judge(share))

    def _judge(self, share: Share) -> Answer:
        with (
            self.workspace.scratch() as scratch,
            embedded(scratch, self.memory_limit) as engine,
            Workbench(engine, self.batch.source) as bench,
        ):
            judging = Judging(bench, self.batch.objects, share.pieces, lambda _: None, self.batch.suppressed)
            tallies = judging.run()
            evidence = {one.number: judging.evidence(one) for one in judging.recognised if one.part is not None}
            found = tuple(
                Found(piece.number, piece.part.start, tallies[piece.number], evidence[piece.number], BenchLook(bench).filled(piece.number))
                if piece.part
                else Found(piece.number, 0, tallies[piece.number])
                for piece in share.pieces
            )
            sound = self._kept(engine, bronze_rows(self.batch, bench.sound), staged(self.batch.bronze), scratch)
            refused = self._kept(engine, quarantine_rows(self.batch, bench.refused), staged(self.batch.quarantine), scratch)
            return Answer(found, self._days(bench), sound, refused)

    def _days(self, bench: Workbench) -> dict[dt.date, int]:
        source = self.batch.source
        if source.event_time is None or source.delivery != "events":
            return {}
        return dict(bench.engine.rows(f"SELECT {day_of(source, source.event_time)}, count(*) FROM {bench.sound} GROUP BY ALL"))

    def _kept(self, engine: DuckDb, rows: str, columns: Sequence[TableColumn], scratch: str) -> Written | None:
        """The rows as one Parquet file that every worker can read; None where there is no row."""
        name = f"judged-{uuid.uuid4().hex}"
        names = ", ".join(quoted(column.name) for column in columns)
        files = engine.write(f"SELECT {names} FROM ({rows})", f"{scratch}/{name}", columns)
        if not files:
            return None
        location = f"{self.workspace.folder}/{name}.parquet"
        self.workspace.keep(files[0].path, location)
        return replace(files[0], path=location)


def staged(spec: TableSpec) -> tuple[TableColumn, ...]:
    """The columns of a worker's file: those of the table as the contract has it, and the object's number."""
    columns = (*spec.columns, TableColumn(PLACE, ColumnType.INTEGER))
    return tuple(replace(column, id=number) for number, column in enumerate(columns, 1))
