"""An erasure that is killed at any point: nobody else loses anything, and the next call ends as an unharmed one does."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from jobs.checkpoint import ERASE_POINTS
from jobs.erase.receipt import ERASURES
from jobs.ledgers import ledger
from jobs.ledgers.audit_ledger import AUDIT
from jobs.ledgers.ledger_check import verify
from tests.support.cut_off import CutOff
from tests.support.erasing import ANNA, BODO, PeopleLake, bytes_with, json_lines, peopled, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

LEDGERS = (ledger.RUNS, ledger.PUBLICATIONS, ledger.RESTATEMENTS, ERASURES, AUDIT)


class World(NamedTuple):
    """A lake with a person to erase, a copy of it, and what an unharmed erasure leaves and signs for."""

    root: Path
    copy: Path
    others: dict[str, Any]
    landing: list[dict[str, Any]]
    rows: dict[str, int]


def others(lake: PeopleLake) -> dict[str, Any]:
    """What is nobody's or Bodo's, and must never change."""
    bodo = [row for row in lake.read("bronze.viewing_events") if BODO in row]
    everything = lake.everything()
    restated = [line for line in everything["restatements"] if ANNA not in str(line) and "erased:" not in str(line)]
    return {**everything, "restatements": restated, "bronze": bodo}


def said(lake: PeopleLake) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """What the only receipt says of landing and of tables."""
    (path,) = (lake.root / "warehouse" / "landing" / "_erasures").iterdir()
    from jobs.erase.receipt import read

    receipt = read(path.read_bytes())
    assert receipt.said["complete"], receipt.said["evidence"]
    landing = sorted(receipt.said["landing"], key=str)
    return landing, {each["table"]: each["rows"] for each in receipt.said["tables"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("erase") / "lake"
    lake = peopled(root)
    copy = root.parent / "before"
    shutil.copytree(root, copy)
    before = others(lake)
    lake.erase(f"viewer_id={ANNA}")
    assert others(lake) == before
    landing, rows = said(lake)
    lake.engine.close()
    return World(root, copy, before, landing, rows)


@pytest.fixture(scope="module")
def process() -> Iterator[CutOff]:
    held = CutOff()
    yield held
    held.close()


@pytest.fixture
def root(world: World) -> Path:
    shutil.rmtree(world.root)
    shutil.copytree(world.copy, world.root)
    return world.root


POINTS = [*ERASE_POINTS, "erase_table_committed:2", "landing_told:3", "landing_rewritten:4", "erase_forgotten:2"]


@pytest.mark.parametrize("point", POINTS)
def test_an_erasure_killed_at_any_point_harms_nobody_and_is_completed(world: World, root: Path, process: CutOff, point: str) -> None:
    ended = process.run(root, work="erase", kill=point)
    assert ended.code == -signal.SIGKILL, ended
    lake = PeopleLake(root)
    assert others(lake) == world.others
    ended = process.run(root, work="erase")
    assert ended.code == 0, ended
    assert bytes_with(root, ANNA) == []
    assert others(lake) == world.others
    assert said(lake) == (world.landing, world.rows)
    assert lake.read("ledger.erasures", "count(*)") == [(1,)]
    assert all(verify(lake.tables, lake.engine, spec) == () for spec in LEDGERS)
    assert lake.objects.names("_erasing") == ()
    assert lake.run().did_nothing
    lake.engine.close()


@pytest.mark.parametrize("point", ["land_written", "land_committed", "landing_told", "landing_rewritten", "land_recorded"])
def test_a_landing_killed_while_it_keeps_a_person_out_is_completed(root: Path, process: CutOff, point: str) -> None:
    PeopleLake(root).erase(f"viewer_id={ANNA}")
    ended = process.run(root, work="land_again", kill=point)
    assert ended.code == -signal.SIGKILL, ended
    lake = PeopleLake(root)
    report = lake.land("other.jsonl", json_lines([record(900, BODO)]))
    assert report.counts.accepted == 1
    assert bytes_with(root, ANNA) == []
    assert len([row for row in lake.read("bronze.viewing_events") if "e801" in row]) == 1
    assert lake.read("quarantine.viewing_events", "reason, content, content_encoding") == [("suppressed", None, "withheld")]
    lake.engine.close()
