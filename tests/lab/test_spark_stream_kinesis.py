"""A Kinesis stream on its way through Spark: looks and micro-batches take turns, and a micro-batch that comes again adds nothing."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from infra.local.workspace import LocalWorkspace
from jobs.land.landing import LandingLake
from tests.support.kinesis import MemoryShards, Reader
from tests.support.landing import NOW, LandingPad, events, lines
from tests.support.spark import engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.land.spark.stream import Landed, Stream

FIRST = "shardId-000000000000"


class Watched:
    """A lake that a stream lands into from a Kinesis stream in memory; `told` has what it said of each micro-batch."""

    def __init__(self, root: Path) -> None:
        self.pad = LandingPad(root)
        self.checkpoint = root / "streams"
        self.reader = Reader(MemoryShards(), root, records_a_batch=4)
        self.told: list[Landed] = []

    def stream(self, tell: Callable[[Landed], None] | None = None) -> Stream:
        from jobs.land.spark import SparkSorting
        from jobs.land.spark.stream import Desk, Stream

        sorting = SparkSorting(engine(), LocalWorkspace(self.pad.root / "warehouse" / ".judged"))
        desk = Desk(
            self.pad.source, LandingLake(self.pad.tables, self.pad.objects, sorting), nullcontext, lambda: NOW, tell or self.told.append
        )
        return Stream(engine(), self.reader.inlet, desk, str(self.checkpoint))

    def put(self, first: int, count: int) -> None:
        self.reader.shards.put(FIRST, *lines(*events(first + count)[first:]).splitlines())

    def new(self) -> list[tuple[int, bool, int]]:
        """Number, whether it came again, and accepted records of each micro-batch that was told of since the last question."""
        told = [(landed.number, landed.again, landed.report.counts.accepted) for landed in self.told]
        self.told.clear()
        return told


def test_what_is_there_is_landed_in_as_many_micro_batches_as_it_needs(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.put(0, 6)
    watched.stream().run(every=None)
    assert watched.new() == [(0, False, 4), (1, False, 2)]
    watched.stream().run(every=None)
    assert watched.new() == [] and len(watched.pad.bronze()) == 6
    for path in (watched.checkpoint / "commits").glob("*1*"):  # as if the process had died before Spark noted that it was done
        path.unlink()
    watched.put(6, 1)
    watched.stream().run(every=None)
    assert watched.new() == [(1, True, 0), (2, False, 1)]
    kept = b"".join(sorted(watched.pad.kept()))
    assert sorted(kept.splitlines()) == sorted(lines(*events(7)).splitlines())


def test_a_stream_that_goes_on_looks_again_after_its_pause_and_leaves_when_it_is_told_to(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.put(0, 1)
    times: list[float] = []

    def told(landed: Landed) -> None:
        times.append(time.monotonic())
        watched.put(len(times), 1)
        if len(times) == 2:
            stream.leave()

    stream = watched.stream(told)
    stream.run(every=1)
    assert len(times) == 2 and len(watched.pad.bronze()) == 2
