"""One local lake for two engines: DuckDB and Spark write the same tables turn by turn, and Spark may die at any point."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.engines.spark import SparkEngine
from jobs.ledgers import ledger_check
from tests.journeys.test_kill_run import LEDGERS
from tests.support.alike import differing
from tests.support.catalogs import edit, metric_file, view, write
from tests.support.java_processes import java_below
from tests.support.lakes import RunningLake, event
from tests.support.spark import engine as shared_engine

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spark() -> SparkEngine:
    return shared_engine()


def begun(root: Path) -> RunningLake:
    """A lake with events of a month's end, in two views."""
    lake = RunningLake(root)
    write(root, "views/country_daily.yaml", view("country_daily", ["plays", "viewers"], []))
    rows = [event(number, country, f"2026-10-31 {number % 24:02d}:{number % 60:02d}", kind, title_id=f"t{number % 3}")
            for number in range(60) for country, kind in [(("JP", "DE", "NP")[number % 3], ("start", "heartbeat")[number % 2])]]  # fmt: skip
    lake.events(rows)
    return lake


def late(lake: RunningLake) -> None:
    """A late event, an event of a new day, and one without a device."""
    lake.events(
        [
            event(101, "JP", "2026-10-31 10:05"),
            event(102, "DE", "2026-11-02 10:00", "heartbeat"),
            event(103, "NP", "2026-11-01 00:00", device_type=None),
        ]
    )


def another_meaning(lake: RunningLake) -> None:
    edit(lake.root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))


def test_engines_take_turns_on_one_lake_and_leave_what_either_would_have_left_alone(tmp_path: Path, spark: SparkEngine) -> None:
    shared, alone = begun(tmp_path / "shared"), begun(tmp_path / "alone")
    for change, engine in ((None, spark), (late, None), (another_meaning, spark)):
        for lake in (shared, alone):
            if change is not None:
                change(lake)
        shared.run(engine=engine)
        alone.run()
        assert differing(shared.everything(), alone.everything()) == []
    assert shared.restatements()
    heads = shared.snapshots()
    assert shared.run(engine=spark).did_nothing and shared.run().did_nothing and shared.snapshots() == heads
    for spec in LEDGERS:
        assert ledger_check.verify(shared.tables, shared.engine, spec) == (), "DuckDB finds the hashes that Spark wrote"
        assert ledger_check.verify(shared.tables, spark, spec) == (), "Spark finds the hashes that DuckDB wrote"
    for lake in (shared, alone):
        lake.engine.close()


class World:
    """A lake with work to do, a copy of it, and what an unharmed run makes of it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.copy = folder / "lake", folder / "before"
        lake = begun(self.root)
        lake.run()
        late(lake)
        another_meaning(lake)
        self.before = lake.everything()
        lake.engine.close()
        shutil.copytree(self.root, self.copy)
        lake = RunningLake(self.root)
        lake.run()
        self.unharmed = lake.everything()
        lake.engine.close()

    def again(self) -> Path:
        """The lake as it was before the run, at its own place: tables name their files by full paths."""
        shutil.rmtree(self.root)
        shutil.copytree(self.copy, self.root)
        return self.root


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("spark-kill"))


@pytest.fixture
def root(world: World) -> Iterator[Path]:
    yield world.again()
    lake = RunningLake(world.root)
    lake.run()
    assert differing(lake.everything(), world.unharmed) == [], "the next run makes the lake what an unharmed one would have made it"
    assert lake.run().did_nothing
    lake.engine.close()


def started(root: Path, *settings: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.spark_run", str(root), *settings]
    return subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("point", ["gold_written", "gold_branch:2", "gold_published", "saved_written", "saved_published"])
def test_a_driver_that_is_killed_leaves_a_lake_that_the_next_run_completes(world: World, root: Path, point: str) -> None:
    process = started(root, RINGI_KILL_AT=point)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, "the point was not reached"


def until_facts_are_written(process: subprocess.Popen[str], gold: Path) -> None:
    """Spark has begun to write files of facts, and no table knows them yet."""
    before = set(gold.rglob("*"))
    deadline = time.monotonic() + 240
    while set(gold.rglob("*")) <= before:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def test_a_java_process_that_is_killed_is_one_sentence_and_nothing_is_published(world: World, root: Path) -> None:
    process = started(root)
    until_facts_are_written(process, root / "warehouse" / "gold")
    running = java_below(process, "SparkSubmit")
    assert running
    for child in running:
        child.kill()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 5, said
    assert "Hint:" in said and "Traceback" not in said
    lake = RunningLake(root)
    assert {name: rows for name, rows in lake.everything().items() if name.startswith(("saved_", "views_"))} == {
        name: rows for name, rows in world.before.items() if name.startswith(("saved_", "views_"))
    }
    lake.engine.close()


def test_an_executor_that_is_killed_is_replaced_and_the_run_ends_well(world: World, root: Path) -> None:
    process = started(root, "spark.master=local-cluster[1,1,1024]", "spark.executor.memory=1g")
    until_facts_are_written(process, root / "warehouse" / "gold")
    executors = java_below(process, "CoarseGrainedExecutorBackend")
    assert executors
    for executor in executors:
        executor.kill()
    _, said = process.communicate(timeout=400)
    assert process.returncode == 0, said
    lake = RunningLake(root)
    assert differing(lake.everything(), world.unharmed) == []
    lake.engine.close()
