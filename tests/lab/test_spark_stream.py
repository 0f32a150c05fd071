"""A stream lands each record once: in micro-batches, again after its checkpoint was cut back, and in the order in which files appeared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.workspace import LocalWorkspace
from jobs.land.landing import LandingLake
from tests.support.landing import EVENT, NOW, LandingPad, events, lines
from tests.support.spark import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from jobs.land.spark.stream import Landed


class Watched:
    """A lake that a stream lands into from one folder; `told` has what it said of each micro-batch."""

    def __init__(self, root: Path) -> None:
        self.pad = LandingPad(root)
        self.folder = root / "in [1]"
        self.folder.mkdir()
        self.checkpoint = root / "warehouse" / "streams" / "plays"
        self.told: list[Landed] = []
        self.holding = 0

    def appear(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def stream(self) -> list[Landed]:
        """Land what is there, one file a micro-batch; what was told."""
        from jobs.land.spark import SparkSorting
        from jobs.land.spark.inlet import FolderInlet
        from jobs.land.spark.stream import Desk, Stream

        before = len(self.told)
        pad = self.pad
        sorting = SparkSorting(engine(), LocalWorkspace(pad.root / "warehouse" / ".judged"))
        desk = Desk(pad.source, LandingLake(pad.tables, pad.objects, sorting), self.held, lambda: NOW, self.told.append)
        Stream(engine(), FolderInlet(self.folder, 1), desk, str(self.checkpoint)).run(every=None)
        return self.told[before:]

    def held(self) -> AbstractContextManager[None]:
        from contextlib import contextmanager

        @contextmanager
        def hold() -> Iterator[None]:
            self.holding += 1
            yield

        return hold()

    def forget(self, number: int) -> None:
        """As if the process had died before Spark noted that a micro-batch was done."""
        for path in (self.checkpoint / "commits").glob(f"*{number}*"):
            path.unlink()


def test_each_micro_batch_is_landed_like_a_batch_and_marked(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    first = watched.appear("a b.jsonl", lines(*events(3)))
    (landed,) = watched.stream()
    assert (landed.number, landed.again, landed.report.counts.accepted) == (0, False, 3)
    kept = watched.pad.kept()
    assert kept == [first.read_bytes()] and watched.holding == 1
    snapshot = watched.pad.tables.snapshot("bronze.plays")
    assert snapshot is not None and snapshot.summary["ringi.micro-batch"] == "0" and snapshot.summary["ringi.stream"]
    watched.appear("c.jsonl", lines(*events(4), "{bad"))
    (landed,) = watched.stream()
    assert landed.number == 1 and landed.report.counts.accepted == 1 and landed.report.counts.repeated == 3
    assert watched.pad.bronze() == [("e0",), ("e1",), ("e2",), ("e3",)] and len(watched.pad.quarantine()) == 1
    assert watched.stream() == []


def test_a_micro_batch_that_is_offered_again_adds_nothing_even_when_its_file_is_gone(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.appear("a.jsonl", lines(*events(3)))
    path = watched.appear("b.jsonl", lines({**EVENT, "id": "x"}))
    assert len(watched.stream()) == 2
    heads = watched.pad.tables.snapshots("bronze.plays")
    watched.forget(1)
    path.unlink()
    (landed,) = watched.stream()
    assert (landed.number, landed.again, landed.report.files) == (1, True, ())
    assert watched.pad.tables.snapshots("bronze.plays") == heads


def test_a_micro_batch_with_nothing_new_is_told_by_the_digests_of_its_files(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.appear("a.jsonl", lines(*events(3)))
    watched.appear("b.jsonl", lines(*events(3), ""))
    assert [landed.report.counts.accepted for landed in watched.stream()] == [3, 0]
    watched.forget(1)
    (landed,) = watched.stream()
    assert (landed.number, landed.again) == (1, False) and landed.report.files[0].again
    assert len(watched.pad.kept()) == 2 and len(watched.pad.bronze()) == 3
