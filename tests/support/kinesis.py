"""A Kinesis stream in memory that behaves as AWS's does: shards that split and merge, pages that may be empty, records that end.

`MemoryShards` implements `jobs.land.spark.kinesis.port.Shards`. Its clock is the test's: `now` moves only when the test says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.land.spark.kinesis import KinesisInlet
from jobs.land.spark.kinesis.port import About, Page, Record, Shard, Start

if TYPE_CHECKING:
    from pathlib import Path

BEGUN = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass
class Held:
    """One shard and its records."""

    parents: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)
    closed: bool = False


class MemoryShards:
    """One stream; `most_a_page` records come in one page, and every second page is empty, as Kinesis may give it."""

    name = "plays"

    def __init__(self, shards: int = 1, *, most_a_page: int = 3) -> None:
        self.now = BEGUN
        self.made = "2026-01-01T00:00:00+00:00"
        self.held: dict[str, Held] = {}
        self.reads: list[str] = []
        self._most, self._numbers, self._made = most_a_page, 0, 0
        for _ in range(shards):
            self._shard()

    def put(self, shard: str, *datas: bytes) -> None:
        for data in datas:
            self._numbers += 1
            assert not self.held[shard].closed
            self.held[shard].records.append(Record(str(49_000_000_000_000_000_000 + self._numbers), data, self.now))

    def split(self, shard: str) -> tuple[str, str]:
        self.held[shard].closed = True
        return self._shard(shard), self._shard(shard)

    def merge(self, one: str, other: str) -> str:
        self.held[one].closed = self.held[other].closed = True
        return self._shard(one, other)

    def pass_time(self, time: dt.timedelta) -> None:
        """Time goes on, and what is older than a day is deleted, closed shards without records among it."""
        self.now += time
        for name, shard in list(self.held.items()):
            shard.records = [record for record in shard.records if record.arrived >= self.now - DAY]
            if shard.closed and not shard.records:
                del self.held[name]

    @property
    def open(self) -> list[str]:
        return [name for name, shard in self.held.items() if not shard.closed]

    def about(self) -> About:
        return About(self.made, DAY)

    def shards(self) -> Sequence[Shard]:
        return [Shard(name, shard.parents) for name, shard in self.held.items()]

    def pages(self, shard: str, start: Start, most: int) -> Iterator[Page]:
        self.reads.append(shard)
        held = self.held[shard]
        records = held.records
        if start.at is not None and any(each.sequence == start.at for each in records):
            records = [each for each in records if int(each.sequence) >= int(start.at)]
        elif start.at is None and start.since is not None:
            records = [each for each in records if each.arrived >= start.since]
        taken = records[:most]
        yield Page((), bool(taken), held.closed and not records)
        for first in range(0, len(taken), self._most):
            page = taken[first : first + self._most]
            left = len(records) > first + len(page)
            yield Page(page, left, held.closed and not left)

    def _shard(self, *parents: str) -> str:
        name = f"shardId-{self._made:012}"
        self._made += 1
        self.held[name] = Held(parents)
        return name


@dataclass
class Reader:
    """An inlet on a stream in memory, and what was landed of it: the lines of every file, in order."""

    shards: MemoryShards
    root: Path
    records_a_batch: int = 100
    since: dt.datetime | None = None
    landed: list[bytes] = field(default_factory=list)
    leaving: bool = False

    @property
    def inlet(self) -> KinesisInlet:
        folder, desk = self.root / "streams" / "ranges", self.root / "desk"
        return KinesisInlet(self.shards, folder, desk, self.records_a_batch, self.since, lambda: self.shards.now)

    def ranges(self) -> list[Path]:
        return sorted((self.root / "streams" / "ranges").glob("range-*"))

    def look(self) -> bool:
        """One look, its range landed; whether more was there."""
        found = self.inlet.look(lambda: self.leaving)
        if found.fresh:
            self.land()
        return found.behind

    def land(self) -> list[str]:
        """Land the newest range; its files."""
        from pathlib import Path

        from jobs.land.spark.kinesis.ranges import Ranges, read_range

        newest = self.ranges()[-1]
        files = list(self.inlet.files_of(read_range(newest)))
        for file in files:
            self.landed.extend(Path(file).read_bytes().splitlines())
        Ranges(newest.parent).mark_landed(newest)
        return files

    def catch_up(self) -> None:
        while self.look():
            pass
