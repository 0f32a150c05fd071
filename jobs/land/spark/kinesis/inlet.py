"""The inlet of one Kinesis stream. Made by `ringi/operations/streaming.py`, which hands in what reads the stream.

Each look ends with a range in a file; Spark's own file source offers the ranges one after another, and its checkpoint remembers them.
A micro-batch that is offered again has the same range, so the same files with the same names and bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.land.spark.inlet import FolderInlet, Found
from jobs.land.spark.kinesis.gone import Gone
from jobs.land.spark.kinesis.look import Look, nothing_read, read_again
from jobs.land.spark.kinesis.ranges import Part, Range, Ranges, read_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from jobs.land.spark.kinesis.port import Shards

RECORDS_A_BATCH = 1_000_000


def name_of(stream: str) -> str:
    """The inlet's name, by which its checkpoint is found."""
    return f"kinesis stream {stream}"


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class KinesisInlet:
    """One stream. `folder` is where its ranges are kept, inside the checkpoint; `desk` a local folder of this stream alone.

    Reading begins at `since`, or at the oldest record that the stream keeps; it counts at the very first look only. A record is one
    line or more of a file as the source's senders would write it; see `lines`.
    """

    shards: Shards
    folder: Path
    desk: Path
    records_a_batch: int = RECORDS_A_BATCH
    since: dt.datetime | None = None
    now: Callable[[], dt.datetime] = utc_now

    @property
    def name(self) -> str:
        return name_of(self.shards.name)

    def rows(self, session: SparkSession) -> DataFrame:
        """The stream of ranges, as files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self._files.rows(session)

    def files(self, rows: DataFrame) -> Sequence[str]:
        """One file a shard that has records in the range, parents before what came of them."""
        return [path for name in self._files.files(rows) for path in self.files_of(read_range(Path(name)))]

    def files_of(self, one: Range) -> Sequence[str]:
        """The files of a range; what is not on the desk any more is read from the stream again. Raises RecordsGoneError."""
        self.desk.mkdir(parents=True, exist_ok=True)
        return [str(self._file(part, one.since)) for part in one.parts]

    def look(self, leave: Callable[[], bool]) -> Found:
        """Write down the next range where there is something new; every range before it has been landed.

        Raises RecordsGoneError where records were deleted unread, and what the stream's reader raises.
        """
        ranges, about = Ranges(self.folder), self.shards.about()
        before = ranges.newest() or nothing_read(about, self.since)
        gone = Gone(self.shards.name, about, self.folder, self.now)
        gone.other_stream(before)
        ranges.forget_landed()
        self._clear()
        new, behind = Look(self.shards, before, self.desk, self.records_a_batch, leave, gone, self.now).taken()
        fresh = bool(new.parts) or not before.number or gone.due(before)
        reached("stream_read")
        if fresh:
            ranges.write(new)
            reached("stream_fixed")
        return Found(fresh, behind)

    def landed(self, rows: DataFrame) -> None:
        """Mark the range of a micro-batch."""
        for name in self._files.files(rows):
            Ranges(self.folder).mark_landed(Path(name))

    @property
    def _files(self) -> FolderInlet:
        return FolderInlet(self.folder, 1)

    def _clear(self) -> None:
        self.desk.mkdir(parents=True, exist_ok=True)
        for path in self.desk.iterdir():
            path.unlink()

    def _file(self, part: Part, since: dt.datetime | None) -> Path:
        path = self.desk / part.file_name(self.shards.name)
        if not path.is_file() or _digest(path) != part.sha256:
            about = self.shards.about()
            gone = Gone(self.shards.name, about, self.folder, self.now)
            gone.same_records(part, read_again(self.shards, part, since, self.desk))
        return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
