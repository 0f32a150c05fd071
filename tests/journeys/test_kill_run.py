"""A run that is killed at any point, runs at the same time, a full disk, a folder nobody may write: the lake stays whole."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from jobs.checkpoint import RUN_POINTS
from jobs.ledgers import ledger, ledger_check
from tests.support.catalogs import edit, metric_file, view, write
from tests.support.cut_off import CutOff
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LEDGERS = (ledger.RUNS, ledger.PUBLICATIONS, ledger.RESTATEMENTS)


class World(NamedTuple):
    """A lake with work to do, a copy of it as it was before the run, what was in it, and what an unharmed run makes of it."""

    root: Path
    copy: Path
    before: dict[str, Any]
    unharmed: dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Work to do: a late event, an event of a new country, and a new meaning, in two views."""
    root = tmp_path_factory.mktemp("kill") / "lake"
    with_work(root)
    copy = root.parent / "before"
    shutil.copytree(root, copy)
    lake = RunningLake(root)
    before = lake.everything()
    lake.run()
    unharmed = lake.everything()
    lake.engine.close()
    assert before != unharmed and unharmed["restatements"]
    return World(root, copy, before, unharmed)


def with_work(root: Path) -> None:
    lake = RunningLake(root)
    write(root, "views/country_daily.yaml", view("country_daily", ["plays", "viewers"], []))
    lake.events([event(1, "JP", "2026-11-01 10:00"), event(2, "JP", "2026-11-01 20:00"), event(3, "DE", "2026-11-01 20:00", "heartbeat")])
    lake.run()
    lake.events([event(4, "JP", "2026-11-01 10:05"), event(5, "NP", "2026-11-01 10:00", title_id="t2")])
    edit(root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    lake.engine.close()


def until_there(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.02)


def assert_completed(world: World) -> None:
    """The next run makes the lake what an unharmed run would have made it, and then there is nothing left to do."""
    lake = RunningLake(world.root)
    lake.run()
    assert lake.everything() == world.unharmed
    for spec in LEDGERS:
        assert ledger_check.verify(lake.tables, lake.engine, spec) == ()
    snapshots = lake.snapshots()
    assert lake.run().did_nothing and lake.snapshots() == snapshots
    lake.engine.close()


@pytest.mark.parametrize("point", [*RUN_POINTS, "gold_written:2", "gold_published:2", "saved_written:2"])
def test_a_run_killed_at_any_point_is_completed_by_the_next(world: World, root: Path, process: CutOff, point: str) -> None:
    ended = process.run(root, kill=point)
    assert ended.code == -signal.SIGKILL, f"the point was not reached: {ended}"
    assert_completed(world)


def test_a_run_killed_again_and_again_is_completed_by_the_last(world: World, root: Path, process: CutOff) -> None:
    for point in ("gold_branch", "gold_published", "saved_published", "publications"):
        assert process.run(root, kill=point).code == -signal.SIGKILL
    assert_completed(world)


def test_readers_beside_a_killed_run_see_whole_copies(world: World, root: Path, process: CutOff) -> None:
    """Until the copies of a view are published all readers see the old ones, and the definer views fit them."""
    process.run(root, kill="saved_written")
    lake = RunningLake(root)
    assert {name: rows for name, rows in lake.everything().items() if name.startswith(("saved_", "views_"))} == {
        name: rows for name, rows in world.before.items() if name.startswith(("saved_", "views_"))
    }
    lake.engine.close()


def test_of_two_runs_at_once_one_waits_and_nothing_is_done_twice(world: World, root: Path, process: CutOff) -> None:
    other = CutOff()
    process.start(root, hold=True)
    until_there(root / "holding")
    other.start(root)
    until_there(root / "waiting")
    (root / "release").touch()
    first, second = process.end(), other.end()
    other.close()
    assert (first.code, second.code) == (0, 0), (first, second)
    assert (root / "waiting").read_text().endswith("holds the lake; waiting")
    assert "Published" in first.out and "Nothing to do" in second.out
    assert_completed(world)


@pytest.mark.parametrize("size", [3072, 1024])
def test_a_full_disk_is_one_sentence_and_the_lake_stays_whole(world: World, root: Path, process: CutOff, size: int) -> None:
    ended = process.run(root, largest_file=size)
    assert ended.code == 5 and len(ended.err.splitlines()) == 2 and "Hint:" in ended.err, ended
    lake = RunningLake(root)
    assert lake.everything() == world.before
    lake.engine.close()
    assert_completed(world)


@pytest.mark.skipif(sys.platform != "linux", reason="gives up root's rights by Linux capabilities")
@pytest.mark.parametrize(
    "folder",
    [
        "warehouse",
        "warehouse/gold/title_daily/data",
        "warehouse/gold/title_daily/metadata",
        "warehouse/saved_jp/title_daily/data",
        "warehouse/ledger/runs/data",
    ],
)
def test_a_folder_that_may_not_be_written_is_one_sentence(world: World, root: Path, process: CutOff, folder: str) -> None:
    (root / folder).chmod(0o555)
    ended = process.run(root, rootless=True)
    (root / folder).chmod(0o755)
    assert ended.code == 5 and len(ended.err.splitlines()) == 2 and "Hint:" in ended.err, ended
    assert_completed(world)
