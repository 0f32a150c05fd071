"""Landing two million gz JSON events, against a bare parse and append of the same files by DuckDB and PyIceberg.

Ours is the whole command: start, raw copy with digests and manifest, contract, repeats, quarantine, commit. The peer's time is
what its script reports: parse and one append, no copy, no contract, no repeats. Both run in the same rounds.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import PYTHON, RINGI, SHARED, Measured, run, verdict
from tests.support.catalogs import small_project, source, write

EVENTS = int(os.environ.get("RINGI_BENCH_LAND_EVENTS", "2000000"))
ROUNDS = int(os.environ.get("RINGI_BENCH_ROUNDS", "3"))
BAR = 2.0


def needed(kind: str, **more: Any) -> dict[str, Any]:
    """A required column."""
    return {"type": kind, "required": True, **more}


COLUMNS: dict[str, Any] = {
    "event_id": needed("string"),
    "viewer_id": needed("integer"),
    "title_id": needed("integer"),
    "viewing_country": needed("string"),
    "account_country": needed("string"),
    "device_type": needed("string", values=["tv", "mobile", "web", "tablet"]),
    "plan": needed("string", values=["standard", "ads", "premium"]),
    "event_type": needed("string", values=["start", "heartbeat", "pause", "stop"]),
    "seconds_viewed": needed("integer", minimum=0, maximum=86_400),
    "occurred_at": needed("timestamp"),
    "received_at": needed("timestamp"),
}


def main() -> list[bool]:
    """Ratio of whole landing to the bare peer, median of the rounds."""
    if not (SHARED / "landing.py").exists():
        print(f"SKIPPED landing: {SHARED / 'landing.py'} is not there")
        return []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run([PYTHON, str(SHARED / "events.py"), str(EVENTS), str(work / "json"), "--json"])
        rounds = [_round(work) for _ in range(ROUNDS)]
    ratio = median(ours.seconds / peer["wall_s"] for ours, peer in rounds)
    ours, peer = min(rounds, key=lambda pair: abs(pair[0].seconds / pair[1]["wall_s"] - ratio))
    detail = f"{ours.seconds:.1f} s, {ours.peak_mib:.0f} MiB; peer {peer['wall_s']:.1f} s, {peer['peak_mib']} MiB"
    return [verdict(f"land {EVENTS:,} gz JSON events / bare duckdb_pyiceberg", ratio, BAR, detail=detail)]


def _round(work: Path) -> tuple[Measured, dict[str, Any]]:
    peer = run([PYTHON, str(SHARED / "landing.py"), str(work / "json"), str(work / "peer"), "--peer", "duckdb_pyiceberg"])
    told = json.loads(peer.stdout.splitlines()[-1])
    lake = work / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    small_project(lake)
    write(lake, "sources/viewing_events.yaml", source(columns=COLUMNS))
    files = [str(path) for path in sorted((work / "json").glob("*.json.gz"))]
    ours = run([RINGI, "--lake", str(lake), "--format", "json", "land", "viewing_events", *files])
    if ours.code:
        raise SystemExit(ours.stderr)
    total = json.loads(ours.stdout)["total"]
    if total["received"] != told["rows"] or total["refused"] or total["accepted"] + total["repeated"] != total["received"]:
        raise SystemExit(f"landing is wrong: {total}, the peer landed {told['rows']}")
    return ours, dict(told)


if __name__ == "__main__":
    main()
