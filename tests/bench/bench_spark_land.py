"""Landing two million gz JSON events on Spark (local[2]), against Spark's own JSON to Iceberg, and as a stream.

Both without start-up: a session runs before the clock. Ours is all of landing: raw copy with digests and manifest, contract, repeats,
quarantine, commit. The peer parses with a schema and writes. The stream lands the same files in four micro-batches.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.bench_land import COLUMNS
from tests.bench.measure import PYTHON, SHARED, run, verdict
from tests.support.catalogs import small_project, source, write

EVENTS = int(os.environ.get("RINGI_BENCH_LAND_EVENTS", "2000000"))
ROUNDS = int(os.environ.get("RINGI_BENCH_ROUNDS", "1"))
BAR, STREAM_BAR = 1.5, 0.6
FILES_A_BATCH = 2
READY = os.environ.get("RINGI_BENCH_JSON")
"""A folder with the events as gz JSON lines, where they were made before."""


def main() -> list[bool]:
    """Ratio to Spark's own landing, and the stream's rate against the batch's."""
    if not (SHARED / "landing.py").exists():
        print(f"SKIPPED landing on Spark: {SHARED / 'landing.py'} is not there")
        return []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        events = Path(READY) if READY else work / "json"
        if not READY:
            run([PYTHON, str(SHARED / "events.py"), str(EVENTS), str(events), "--json"])
        rounds = [_round(work, events) for _ in range(ROUNDS)]
    return [_batch_verdict(rounds), _stream_verdict(rounds)]


def _batch_verdict(rounds: list[dict[str, Any]]) -> bool:
    ratio = median(one["batch"] / one["peer"] for one in rounds)
    told = "; ".join(f"{one['batch']:.1f} s, peer {one['peer']:.1f} s, load {one['load']:.1f}" for one in rounds)
    return verdict(f"land {EVENTS:,} gz JSON events on Spark / land_spark_iceberg", ratio, BAR, detail=told)


def _stream_verdict(rounds: list[dict[str, Any]]) -> bool:
    share = median(one["warm"] / one["stream"] for one in rounds)
    told = "; ".join(f"stream {one['stream']:.1f} s, batch {one['warm']:.1f} s" for one in rounds)
    return verdict("rate of the stream / rate of the batch, both warm", share, STREAM_BAR, at_least=True, detail=told)


def _round(work: Path, events: Path) -> dict[str, Any]:
    peer = run([PYTHON, str(SHARED / "landing.py"), str(events), str(work / "peer"), "--peer", "spark_iceberg"])
    told = json.loads([line for line in peer.stdout.splitlines() if line.startswith("{")][-1])
    ours = subprocess.run([sys.executable, __file__, str(work), str(events)], capture_output=True, text=True, check=False)
    if ours.returncode:
        raise SystemExit(ours.stderr)
    found = json.loads(ours.stdout.splitlines()[-1])
    if found["received"] != [told["rows"]] * 3:
        raise SystemExit(f"landing is wrong: {found['received']}, the peer landed {told['rows']}")
    return {**found, "peer": told["laps"]["write"], "load": os.getloadavg()[0]}


def _ours(work: Path, events: Path) -> dict[str, Any]:
    """Seconds of the first batch of a session, of another, and of a stream; each into a new lake."""
    from jobs.engines.spark import SparkEngine, start

    files = sorted(str(path) for path in events.glob("*.json.gz"))
    with SparkEngine(start(spill=work / "spill", memory="2GB", threads=2)) as engine:
        engine.session.range(1).count()
        batch, first = _timed(lambda: _batch(work, engine, files))
        warm, second = _timed(lambda: _batch(work, engine, files))
        stream, third = _timed(lambda: _stream(work, engine, events))
    return {"batch": batch, "warm": warm, "stream": stream, "received": [first, second, third]}


def _timed(work: Any) -> tuple[float, int]:
    start = time.perf_counter()
    received: int = work()
    return time.perf_counter() - start, received


def _lake(work: Path, engine: Any) -> tuple[Any, Any]:
    from infra.local.iceberg import LocalTables
    from infra.local.object_store import LocalObjectStore
    from infra.local.workspace import LocalWorkspace
    from jobs.land import LandingLake
    from jobs.land.spark import SparkSorting
    from metrics_catalog.catalog import load

    root = work / "lake"
    shutil.rmtree(root, ignore_errors=True)
    small_project(root)
    write(root, "sources/viewing_events.yaml", source(columns=COLUMNS))
    sorting = SparkSorting(engine, LocalWorkspace(root / "warehouse" / ".judged"))
    parts = LandingLake(LocalTables(root / "warehouse"), LocalObjectStore(root / "warehouse" / "landing"), sorting)
    return load(root)[0].sources["viewing_events"], parts


def _batch(work: Path, engine: Any, files: list[str]) -> int:
    from jobs.land import land

    contract, parts = _lake(work, engine)
    return land(contract, files, parts, now=dt.datetime.now(dt.UTC)).counts.received


def _stream(work: Path, engine: Any, events: Path) -> int:
    from contextlib import nullcontext

    from jobs.land.spark.inlet import FolderInlet
    from jobs.land.spark.stream import Desk, Landed, Stream

    contract, parts = _lake(work, engine)
    told: list[Landed] = []
    desk = Desk(contract, parts, nullcontext, lambda: dt.datetime.now(dt.UTC), told.append)
    Stream(engine, FolderInlet(events, FILES_A_BATCH), desk, str(work / "lake" / "warehouse" / "streams" / "bench")).run(every=None)
    return sum(landed.report.counts.received for landed in told)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(_ours(Path(sys.argv[1]), Path(sys.argv[2]))))
    else:
        main()
