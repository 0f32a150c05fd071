"""`ringi land` killed at each point where the lake has just changed, then called again: the lake is as if nothing had happened."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.iceberg import LocalTables
from jobs.checkpoint import LAND_POINTS
from jobs.engines.duckdb import DuckDb
from tests.support.catalogs import small_project, source, write
from tests.support.command import ringi
from tests.support.landing import lines

if TYPE_CHECKING:
    from pathlib import Path

EVENT = {
    "viewer_id": "v1",
    "viewing_country": "JP",
    "event_type": "start",
    "occurred_at": "2026-11-01T20:00:00Z",
    "received_at": "2026-11-01T20:00:05Z",
}
EARLIER = lines(*({"event_id": f"e{number}", **EVENT} for number in range(5)))
EVENTS = lines(
    *({"event_id": f"e{number}", **EVENT} for number in range(3, 12)), {"event_id": "bad", **EVENT, "event_type": "seek"}, "{cut"
)
CHARTS = "week,rank,title\n2026-11-01,1,{}\n2026-11-01,2,Kaze\n"
FILES: dict[str, tuple[str, bytes, bytes]] = {
    "events": ("viewing_events", EARLIER, EVENTS),
    "snapshot": ("charts", CHARTS.format("Umi").encode(), CHARTS.format("Sora").encode() + b"2026-11-08,x,Yama\n"),
}
MOMENTS = [(kind, point) for kind in FILES for point in LAND_POINTS if (kind, point) != ("events", "land_restated")]
"""Events are not restated."""


def project(root: Path) -> Path:
    small_project(root)
    columns = {"week": {"type": "date", "required": True}, "rank": {"type": "integer", "required": True}, "title": {"type": "string"}}
    changes = {"event_time": "week", "received_time": None, "country": None}
    write(root, "sources/charts.yaml", source("charts", delivery="snapshot", columns=columns, key=["week", "rank"], **changes))
    return root


def lake_of(root: Path) -> dict[str, Any]:
    """Every row of every table that landing writes, without times and hashes, and the names of the kept objects."""
    tables = LocalTables(root / "warehouse")
    dropped = {"landed_at", "recorded_at", "line_hash", "previous_hash", "hash"}
    found: dict[str, Any] = {}
    with DuckDb(memory_limit="500MB", threads=1) as engine:
        for name in (name for space in ("bronze", "quarantine", "ledger") for name in tables.names(space)):
            spec = tables.spec(name)
            assert spec is not None
            columns = ", ".join(f'"{column.name}"' for column in spec.columns if column.name not in dropped)
            held = engine.relation([file.path for file in tables.files(name)], spec.columns)
            found[name] = engine.rows(f"SELECT {columns} FROM {held} ORDER BY ALL")
            found[f"{name} snapshots"] = len(tables.snapshots(name))
    landing = root / "warehouse" / "landing"
    found["objects"] = sorted(str(path.relative_to(landing)) for path in landing.rglob("*") if path.is_file())
    return found


def landed(root: Path, kind: str) -> tuple[Path, str, Path]:
    """A project whose first file is landed; its source, and the second file, still to land."""
    name, first, second = FILES[kind]
    sent = root.parent / "sent.txt"
    sent.write_bytes(first)
    assert ringi("land", name, sent, lake=project(root)).code == 0
    sent.write_bytes(second)
    return root, name, sent


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """By kind: what the call says whose process lives, and the lake that it leaves."""
    found = {}
    for kind in FILES:
        lake, name, sent = landed(tmp_path_factory.mktemp(kind) / "lake", kind)
        found[kind] = (ringi("land", name, sent, lake=lake, as_json=True).json(), lake_of(lake))
    return found


def call(lake: Path, name: str, sent: Path) -> list[str]:
    return [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake), "land", name, str(sent)]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "point"), MOMENTS)
def test_a_killed_landing_is_finished_by_the_next(tmp_path: Path, unharmed: dict[str, tuple[Any, Any]], kind: str, point: str) -> None:
    lake, name, sent = landed(tmp_path / "lake", kind)
    died = subprocess.run(call(lake, name, sent), env={**os.environ, "RINGI_KILL_AT": point}, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    again = ringi("land", name, sent, lake=lake, as_json=True)
    told, left = unharmed[kind]
    assert again.code == 0
    assert lake_of(lake) == left
    assert again.json()["files"] == told["files"]


@pytest.mark.slow
def test_two_landings_at_once_wait_for_each_other(tmp_path: Path, unharmed: dict[str, tuple[Any, Any]]) -> None:
    lake, name, sent = landed(tmp_path / "lake", "events")
    both = [subprocess.Popen(call(lake, name, sent), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert "already landed, nothing changed" in said[1] + said[0]
    assert lake_of(lake) == unharmed["events"][1]


@pytest.mark.slow
@pytest.mark.parametrize("bytes_allowed", [200, 2_000])
def test_a_disk_that_takes_no_more_ends_with_a_sentence_and_an_intact_lake(tmp_path: Path, bytes_allowed: int) -> None:
    lake, name, sent = landed(tmp_path / "lake", "events")
    before = lake_of(lake)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_allowed, bytes_allowed))

    full = subprocess.run(call(lake, name, sent), preexec_fn=limit, capture_output=True, text=True, check=False)
    assert full.returncode == 5, full.stderr
    assert "Traceback" not in full.stderr and "Hint:" in full.stderr
    assert {key: value for key, value in lake_of(lake).items() if key != "objects"} == {k: v for k, v in before.items() if k != "objects"}
    assert ringi("land", name, sent, lake=lake).code == 0
