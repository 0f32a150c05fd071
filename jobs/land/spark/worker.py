"""What a worker of Spark does with its share of a batch: it judges with an embedded engine of its own, and leaves two files.

The code is the embedded path's, to the last statement. The worker's answer is small: counts, days and the paths of its files. A
task that Spark runs again leaves another file; only the files of the answer that counts are read.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.engines.duckdb import DuckDb
from jobs.land.breaks import BenchLook, Evidence
from jobs.land.judging import Judging
from jobs.land.repeats import day_of
from jobs.land.rows import bronze_rows, quarantine_rows
from jobs.land.workbench import PLACE, Workbench
from jobs.table import TableColumn
from metrics_catalog.errors import RingiError
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

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
    """One share: its pieces, the UTC days of its events, and its files. `failed`: what the outside world did, and what to do."""

    found: tuple[Found, ...] = ()
    days: frozenset[dt.date] = frozenset()
    sound: str | None = None
    refused: str | None = None
    failed: tuple[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """What every worker is told; `memory_limit` is for its engine, as DuckDB writes it."""

    batch: Batch
    workspace: Workspace
    memory_limit: str

    def judge(self, share: Share) -> Answer:
        """Judge a share. A failure that a person must know comes back as a sentence, not as a traceback from afar."""
        try:
            scratch = Path(self.workspace.scratch())
            with DuckDb(spill=scratch / "spill", memory_limit=self.memory_limit, threads=1) as engine:
                return self._judge(engine, share, scratch)
        except RingiError as error:
            return Answer(failed=(error.message, error.hint))
        except OSError as error:
            return Answer(failed=(f"A worker failed: {error.strerror or error}.", "mend that, then run the same command again."))

    def _judge(self, engine: DuckDb, share: Share, scratch: Path) -> Answer:
        with Workbench(engine, self.batch.source) as bench:
            judging = Judging(bench, self.batch.objects, share.pieces, lambda _: None)
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

    def _days(self, bench: Workbench) -> frozenset[dt.date]:
        source = self.batch.source
        if source.event_time is None or source.delivery != "events":
            return frozenset()
        return frozenset(row[0] for row in bench.engine.rows(f"SELECT DISTINCT {day_of(source, source.event_time)} FROM {bench.sound}"))

    def _kept(self, engine: DuckDb, rows: str, columns: Sequence[TableColumn], scratch: Path) -> str | None:
        """The rows as one Parquet file that every worker can read; None where there is no row."""
        names = ", ".join(quoted(column.name) for column in columns)
        files = engine.write(f"SELECT {names} FROM ({rows})", str(scratch / f"judged-{uuid.uuid4().hex}"), columns)
        return self.workspace.keep(files[0].path) if files else None


def staged(spec: TableSpec) -> tuple[TableColumn, ...]:
    """The columns of a worker's file: those of the table as the contract has it, and the object's number."""
    columns = (*spec.columns, TableColumn(PLACE, ColumnType.INTEGER))
    return tuple(replace(column, id=number) for number, column in enumerate(columns, 1))
