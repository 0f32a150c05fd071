"""Landing that goes on: Spark offers what is new as micro-batches, and each of them is landed like any batch.

Used by `ringi stream`. Spark's checkpoint says what was offered; what is in the lake says what was landed. A micro-batch that is
offered again after a crash is recognised by its mark in bronze's snapshots, and its bytes by their digests, so every record comes
into the lake exactly once, whatever died when. Late events need no watermark: they are facts like others, and the next `run`
computes their periods again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.engines.spark.engine import translated
from jobs.land.lake_tables import bronze_spec
from jobs.land.landing import LandingLake, land
from jobs.land.spark.inlet import LookingInlet
from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    import datetime as dt

    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery

    from jobs.engines.spark import SparkEngine
    from jobs.land.report import LandReport
    from jobs.land.spark.inlet import Inlet
    from metrics_catalog.source import Source

QUERY, MICRO_BATCH = "ringi.stream", "ringi.micro-batch"
"""In the summary of a snapshot: the stream that made it, and which of its micro-batches."""

QUERY_ID = "sql.streaming.queryId"


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of one micro-batch; `again`: it had been landed before."""

    number: int
    report: LandReport
    again: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a stream needs of its lake: `held` keeps other writers out while one micro-batch is landed, `tell` hears of each."""

    source: Source
    lake: LandingLake
    held: Callable[[], AbstractContextManager[None]]
    now: Callable[[], dt.datetime]
    tell: Callable[[Landed], None]


class Stream:
    """One inlet on its way into one source; `checkpoint` is a folder of the lake that belongs to these two alone."""

    def __init__(self, engine: SparkEngine, inlet: Inlet, desk: Desk, checkpoint: str) -> None:
        self._engine, self._inlet, self._desk, self._checkpoint = engine, inlet, desk, checkpoint
        self._stopped: BaseException | None = None
        self._landing, self._leaving = threading.Lock(), False

    def leave(self) -> None:
        """End after the micro-batch that is being landed; may be called from a signal handler."""
        self._leaving = True

    def run(self, *, every: int | None) -> None:
        """Land what is there and end (`every` is None), or go on and look again every so many seconds, until told to leave.

        Raises what stopped a micro-batch; the next call goes on with it.
        """
        if isinstance(self._inlet, LookingInlet):
            self._look_and_offer(self._inlet, every)
        else:
            self._offer(every)

    def _look_and_offer(self, inlet: LookingInlet, every: int | None) -> None:
        """What an earlier call fixed is landed first, so that a look begins where everything before it is in the lake."""
        self._offer(None)
        while not self._leaving:
            looked = time.monotonic()
            found = inlet.look(lambda: self._leaving)
            if found.fresh and not self._leaving:
                self._offer(None)
            if not found.behind:
                if every is None:
                    return
                self._pause(looked + every)

    def _pause(self, until: float) -> None:
        while not self._leaving and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.5))

    def _offer(self, every: int | None) -> None:
        """Let Spark offer what is there, and go on where a pause is given."""
        with translated():
            rows = self._inlet.rows(self._engine.session)
            writer = rows.writeStream.foreachBatch(self._landed).option("checkpointLocation", self._checkpoint)
            triggered = writer.trigger(availableNow=True) if every is None else writer.trigger(processingTime=f"{every} seconds")
            query = triggered.start()
        try:
            self._wait(query)
        finally:
            query.stop()

    def _wait(self, query: StreamingQuery) -> None:
        try:
            while not self._leaving and not query.awaitTermination(1):
                pass
        except Exception as error:
            if self._stopped is not None:
                raise self._stopped from error
            with translated():
                raise
        with self._landing:  # the last micro-batch comes to its end
            return

    def _landed(self, rows: DataFrame, number: int) -> None:
        """One micro-batch; Spark calls this, and offers the same again where it does not end well."""
        with self._landing:
            if self._leaving:
                raise RuntimeError("the stream is ending")  # Spark offers this micro-batch again
            self._noticed(rows, number)

    def _noticed(self, rows: DataFrame, number: int) -> None:
        try:
            reached("stream_offered")
            query = self._engine.session.sparkContext.getLocalProperty(QUERY_ID) or self._checkpoint
            with self._desk.held():
                landed = self._land(rows, number, {QUERY: query, MICRO_BATCH: str(number)})
            if isinstance(self._inlet, LookingInlet):
                self._inlet.landed(rows)
            self._desk.tell(landed)
            reached("stream_landed")
        except (RingiError, OSError, KeyboardInterrupt) as error:
            self._stopped = error
            raise

    def _land(self, rows: DataFrame, number: int, marks: dict[str, str]) -> Landed:
        desk = self._desk
        known = self._known(marks)
        files = () if known else self._inlet.files(rows)
        report = land(desk.source, files, desk.lake, now=desk.now(), marks=marks)  # also finishes what was cut off
        return Landed(number, report, known)

    def _known(self, marks: dict[str, str]) -> bool:
        """Whether bronze has this micro-batch; one that brought nothing into bronze is told by the digests of its files."""
        snapshots = self._desk.lake.tables.snapshots(bronze_spec(self._desk.source).name)
        return any(all(each.summary.get(key) == value for key, value in marks.items()) for each in snapshots)
