"""One look at a stream: reads what came since the last range, shard by shard, and says how far the next range goes.

Kinesis does not tell where a shard ends; only reading finds it. So the lines are kept while they are read, and the range is fixed by
what was read. A shard is read after the shards that it came from. Used by `inlet`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.land.spark.kinesis.gone import Gone
from jobs.land.spark.kinesis.lines import lines_of
from jobs.land.spark.kinesis.port import About, Shard, Shards, Start
from jobs.land.spark.kinesis.ranges import Part, Place, Range

if TYPE_CHECKING:
    from jobs.land.spark.kinesis.port import Record

AT_ONCE = 16
"""Shards that are read at the same time."""


@dataclass(frozen=True, slots=True)
class ShardRead:
    """What a look found in one shard: its new place, the part of the range (None: nothing new), and whether more was there."""

    place: Place
    part: Part | None
    behind: bool


@dataclass(frozen=True)
class Look:
    """One look, from the newest range on. `most` records at most, `leave` says that it should end early, `gone` stops at losses."""

    source: Shards
    before: Range
    desk: Path
    most: int
    leave: Callable[[], bool]
    gone: Gone
    now: Callable[[], dt.datetime]
    failed: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def listed(self) -> Mapping[str, Shard]:
        return {shard.name: shard for shard in self.source.shards()}

    def taken(self) -> tuple[Range, bool]:
        """The next range, perhaps without parts, and whether more was there than it has."""
        places = self._known()
        reads: dict[str, ShardRead] = {}
        rest = self.most
        while rest > 0 and not self.leave() and (ready := self._ready(places, reads)):
            found = self._read(ready, {shard.name: places.get(shard.name) for shard in ready}, max(1, rest // len(ready)))
            reads |= found
            places |= {name: read.place for name, read in found.items()}
            rest -= sum(read.part.records for read in found.values() if read.part)
        parts = tuple(read.part for read in reads.values() if read.part)
        behind = any(read.behind for read in reads.values()) or bool(self._ready(places, reads))
        before = self.before
        return Range(before.number + 1, before.made, before.since, places, parts), behind

    def _known(self) -> dict[str, Place]:
        """The places of the shards that are still there; one that is gone was read to its end, or what it held is lost."""
        for name, place in self.before.places.items():
            if name not in self.listed and not place.closed:
                self.gone.unless_fresh(name, place)
        return {name: place for name, place in self.before.places.items() if name in self.listed}

    def _ready(self, places: Mapping[str, Place], reads: Mapping[str, ShardRead]) -> list[Shard]:
        """Shards that this look has not read and whose parents are read to their end, by name."""
        open_ones = {name for name in self.listed if name not in places or not places[name].closed}
        return [
            shard
            for name, shard in sorted(self.listed.items())
            if name in open_ones and name not in reads and open_ones.isdisjoint(shard.parents)
        ]

    def _read(self, ready: Sequence[Shard], places: Mapping[str, Place | None], most: int) -> dict[str, ShardRead]:
        def one(shard: Shard) -> ShardRead:
            try:
                return self._read_one(shard.name, places[shard.name], most)
            except BaseException:
                self.failed.set()  # the others end too
                raise

        with ThreadPoolExecutor(min(AT_ONCE, len(ready)), thread_name_prefix="kinesis") as pool:
            return {shard.name: read for shard, read in zip(ready, pool.map(one, ready), strict=True)}

    def _read_one(self, shard: str, known: Place | None, most: int) -> ShardRead:
        """Read a shard until its newest record, its end, or `most` records."""
        after = known.after if known else None
        with Spool(self.desk, shard) as spool:
            asked, ended, behind, sure = self.now(), False, True, known is None
            for page in self.source.pages(shard, Start(after, self.before.since), most + (after is not None)):
                sure = sure or any(record.sequence == after for record in page.records)
                if not sure and known and (page.records or page.ended or not page.behind):
                    self.gone.unless_fresh(shard, known)
                    sure = True
                spool.add(record for record in page.records if after is None or int(record.sequence) > int(after))
                ended, behind = page.ended, page.behind
                if ended or not behind or self.failed.is_set() or self.leave():
                    break
                asked = self.now()
            behind = not ended and (behind or spool.count >= most)
            part = spool.part(self.source.name)
        seen = asked if not behind else spool.newest or (known.seen if known else asked)
        return ShardRead(Place(part.last if part else after, seen, ended), part, behind)


class Spool:
    """Lines of one shard on their way into a file of the desk, which gets its name when its last record is known."""

    def __init__(self, desk: Path, shard: str) -> None:
        self._desk, self._shard = desk, shard
        self._path = desk / f".{shard}"
        self._first = self._last = ""
        self._digest = hashlib.sha256()
        self.count = 0
        self.newest: dt.datetime | None = None

    def __enter__(self) -> Spool:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def add(self, records: Iterable[Record]) -> None:
        """Records that follow those added before."""
        for record in records:
            lines = lines_of(record.data)
            self._file.write(lines)
            self._digest.update(lines)
            self._first, self._last = self._first or record.sequence, record.sequence
            self.count, self.newest = self.count + 1, record.arrived

    def part(self, stream: str) -> Part | None:
        """What was added, as a part whose file is on the desk; None where it was nothing."""
        self._file.close()
        if not self.count:
            return None
        part = Part(self._shard, self._first, self._last, self.count, self._digest.hexdigest())
        self._path.rename(self._desk / part.file_name(stream))
        return part


def read_again(source: Shards, part: Part, since: dt.datetime | None, desk: Path) -> bool:
    """Put the file of a part on the desk once more; whether the stream still gave the same records."""
    with Spool(desk, part.shard) as spool:
        for page in source.pages(part.shard, Start(part.first, since), part.records):
            spool.add(record for record in page.records if int(part.first) <= int(record.sequence) <= int(part.last))
            if page.ended or not page.behind:
                break
        return spool.part(source.name) == part


def nothing_read(about: About, since: dt.datetime | None) -> Range:
    """Before the first look."""
    return Range(0, about.made, since)
