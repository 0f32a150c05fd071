"""A backfill that is killed at any point goes on where it was, and ends with what an unharmed one ends with."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from jobs.backfill.state import BACKFILLS
from jobs.checkpoint import BACKFILL_POINTS
from jobs.ledgers import ledger, ledger_check
from tests.support.backfilling import backfilled
from tests.support.catalogs import edit, metric_file
from tests.support.cut_off import CutOff
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WHOLE = ("2026-10-01", "2026-12-01")
LEDGERS = (ledger.RUNS, ledger.PUBLICATIONS, ledger.RESTATEMENTS, BACKFILLS)
BETWEEN = ("gold_written", "gold_branch:3", "gold_audited", "restatements:2", "saved_written", "saved_published", "publications")
"""Points of a run that lie inside of a backfill."""


class World(NamedTuple):
    """A lake whose facts are in an old meaning, a copy of it, what readers see in it, and what an unharmed backfill makes of it."""

    root: Path
    copy: Path
    before: dict[str, Any]
    unharmed: dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("backfill") / "lake"
    lake = RunningLake(root)
    for number in range(4):
        day = f"2026-11-0{number + 1}"
        lake.events([event(10 * number, "JP", f"{day} 01:00"), event(10 * number + 1, "DE", f"{day} 12:00", "heartbeat")])
    lake.run()
    edit(root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    lake.engine.close()
    copy = root.parent / "before"
    shutil.copytree(root, copy)
    before = lake.everything()
    report = backfilled(lake, *WHOLE, parallel=2)
    assert report.pieces > 4 and report.restated and report.published
    unharmed = lake.everything()
    lake.engine.close()
    return World(root, copy, before, unharmed)


def published(seen: dict[str, Any]) -> dict[str, Any]:
    return {name: rows for name, rows in seen.items() if name.startswith(("saved_", "views_"))}


def assert_whole(lake: RunningLake, world: World) -> None:
    assert lake.everything() == world.unharmed
    for spec in LEDGERS:
        assert ledger_check.verify(lake.tables, lake.engine, spec) == ()
    assert lake.run().views == (), "nothing is left to compute"
    lake.engine.close()


@pytest.mark.parametrize("point", [*BACKFILL_POINTS, *BETWEEN, "backfill_merged:2"])
def test_a_backfill_killed_at_any_point_goes_on_where_it_was(world: World, root: Path, process: CutOff, point: str) -> None:
    ended = process.run(root, work="backfill", kill=point)
    assert ended.code == -signal.SIGKILL, f"the point was not reached: {ended}"
    lake = RunningLake(root)
    report = backfilled(lake, *WHOLE, parallel=2)
    if point == "backfill_merged:2":
        assert report.done_before == 4, "two groups of two were on main"
    assert_whole(lake, world)


def test_a_backfill_killed_again_and_again_goes_on_with_another_number_side_by_side(world: World, root: Path, process: CutOff) -> None:
    for point in ("backfill_merged", "gold_audited:2", "backfill_branches", "saved_written"):
        assert process.run(root, work="backfill", kill=point).code == -signal.SIGKILL
    lake = RunningLake(root)
    report = backfilled(lake, *WHOLE, parallel=1)
    assert report.pieces == 0 and report.done_before > 4
    assert_whole(lake, world)


def test_nothing_is_published_before_the_last_piece(world: World, root: Path, process: CutOff) -> None:
    process.run(root, work="backfill", kill="backfill_merged:2")
    lake = RunningLake(root)
    assert published(lake.everything()) == published(world.before)
    lake.engine.close()


def test_a_run_after_a_killed_backfill_completes_the_numbers_itself(world: World, root: Path, process: CutOff) -> None:
    process.run(root, work="backfill", kill="backfill_merged")
    lake = RunningLake(root)
    lake.run()
    seen = lake.everything()
    assert published(seen) == published(world.unharmed) and seen["gold.title_daily"] == world.unharmed["gold.title_daily"]
    lake.engine.close()
