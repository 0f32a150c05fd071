"""Maintenance that is killed at any point: no number changes, and the next call leaves what an unharmed one leaves."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from jobs.checkpoint import MAINTAIN_POINTS
from jobs.ledgers import ledger, ledger_check
from jobs.maintain.work import MAINTENANCE
from tests.support.cut_off import CutOff
from tests.support.lakes import RunningLake, event
from tests.support.maintaining import maintained

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LEDGERS = (ledger.RUNS, ledger.PUBLICATIONS, ledger.RESTATEMENTS, MAINTENANCE)


class World(NamedTuple):
    """A lake with work to do, a copy of it, what readers see in it, and the data files that unharmed maintenance leaves."""

    root: Path
    copy: Path
    seen: dict[str, Any]
    files: dict[str, int]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("maintain") / "lake"
    lake = RunningLake(root)
    for number in range(4):
        lake.events([event(10 * number, "JP", f"2026-11-01 1{number}:00"), event(10 * number + 1, "DE", "2026-11-01 20:00", "heartbeat")])
        lake.run()
    copy = root.parent / "before"
    shutil.copytree(root, copy)
    seen = lake.everything()
    maintained(lake)
    assert lake.everything() == seen
    files = counted(lake)
    lake.engine.close()
    return World(root, copy, seen, files)


def counted(lake: RunningLake) -> dict[str, int]:
    """Data files of each table, but those of the ledger of maintenance, which grows with each call."""
    names = (name for namespace in lake.tables.namespaces() for name in lake.tables.names(namespace))
    return {name: len(lake.tables.files(name)) for name in names if name != MAINTENANCE.name}


def on_disk(lake: RunningLake) -> set[str]:
    return {str(path) for path in (lake.root / "warehouse").rglob("*.parquet")}


def referred(lake: RunningLake) -> set[str]:
    names = [name for namespace in lake.tables.namespaces() for name in lake.tables.names(namespace)]
    kept = ((name, snapshot.id) for name in names for snapshot in lake.tables.snapshots(name))
    return {file.path for name, snapshot in kept for file in lake.tables.files(name, snapshot_id=snapshot)}


@pytest.mark.parametrize("point", [*MAINTAIN_POINTS, "compact_committed:2", "snapshots_expired:3", "strays_removed:2"])
def test_maintenance_killed_at_any_point_harms_nothing_and_is_completed(world: World, root: Path, process: CutOff, point: str) -> None:
    ended = process.run(root, work="maintain", kill=point)
    assert ended.code == -signal.SIGKILL, f"the point was not reached: {ended}"
    lake = RunningLake(root)
    assert lake.everything() == world.seen, "readers notice nothing"
    maintained(lake)
    maintained(lake)
    assert lake.everything() == world.seen and counted(lake) == world.files
    assert on_disk(lake) == referred(lake), "what the killed call left is swept"
    for spec in LEDGERS:
        assert ledger_check.verify(lake.tables, lake.engine, spec) == ()
    assert lake.run().did_nothing
    lake.engine.close()


def test_maintenance_waits_for_a_run_and_a_run_for_maintenance(world: World, root: Path, process: CutOff) -> None:
    other = CutOff()
    process.start(root, hold=True, work="maintain")
    while not (root / "holding").exists():
        pass
    other.start(root)
    while not (root / "waiting").exists():
        pass
    (root / "release").touch()
    first, second = process.end(), other.end()
    other.close()
    assert (first.code, second.code) == (0, 0), (first, second)
    assert "Nothing to do" in second.out


def test_a_full_disk_is_one_sentence_and_harms_nothing(world: World, root: Path, process: CutOff) -> None:
    ended = process.run(root, work="maintain", largest_file=1024)
    assert ended.code == 5 and len(ended.err.splitlines()) == 2 and "Hint:" in ended.err, ended
    lake = RunningLake(root)
    assert lake.everything() == world.seen
    lake.engine.close()
