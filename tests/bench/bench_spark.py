"""From bronze to facts on Spark, local[2]: the shared bench's 48 metrics against its Spark floor and against one job a metric.

One round: the floor's metrics step, ours on UTC (everything a run does: plan, compute, write, audit), ours with a 49th metric, and
the 48 jobs. Each is a process of its own. Starting Spark is left out on all sides, and what comes before
the metrics is alike: the floor removes repeated events in its session before its metrics step, and ours does that work too before
its clock starts, so that Java is as warm here as there.

    python -m tests.bench.bench_spark [--events N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from jobs.engines.spark import SparkEngine, start
from tests.bench.bench_run import countries_of, emptied, fill, peer, until_facts, zones_of
from tests.bench.measure import PYTHON, run, verdict
from tests.bench.shared_metrics import DATA, raw_events
from tests.support.catalogs import metric, view, write
from tests.support.lakes import RunningLake

BAR_FLOOR, BAR_NAIVE, BAR_ONE_MORE = 1.3, 3.5, 1.04
MEMORY = "6GB"
ONE_MORE = "viewers_on_tablets"


def main(words: Sequence[str] | None = None) -> list[bool]:
    chosen = _arguments(words)
    lake = DATA / f"lake{chosen.events // 1_000_000}m"
    if chosen.alone:
        _alone(Path(chosen.lake), chosen.events, chosen.alone == "more")
        return []
    if not (lake / "warehouse" / "catalog.db").exists():
        fill(lake, chosen.events)
    taken: dict[str, list[float]] = {"floor": [], "ours": [], "more": [], "naive": []}
    for _ in range(chosen.rounds):
        taken["floor"].append(peer("floor_spark.py", chosen.events)["laps"]["metrics"])
        for kind in ("ours", "more"):
            taken[kind].append(_seconds(lake, chosen.events, kind))
        if not chosen.no_naive:
            taken["naive"].append(peer("floor_spark.py", chosen.events, "--way", "naive")["laps"]["metrics"])
    return _verdicts({name: median(values) for name, values in taken.items() if values}, chosen.events)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--no-naive", action="store_true")
    parser.add_argument("--alone", choices=("ours", "more"))
    parser.add_argument("--lake")
    return parser.parse_args(words)


def _verdicts(seconds: Mapping[str, float], events: int) -> list[bool]:
    size = f"{events / 1e6:g} M events"
    shown = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    found = [
        verdict(
            f"Spark: bronze to gold against the floor's metrics step, {size}", seconds["ours"] / seconds["floor"], BAR_FLOOR, detail=shown
        ),
        verdict(f"Spark: a 49th metric, {size}", seconds["more"] / seconds["ours"], BAR_ONE_MORE),
    ]
    if "naive" in seconds:
        found.append(verdict(f"Spark: one job a metric against ours, {size}", seconds["naive"] / seconds["ours"], BAR_NAIVE, at_least=True))
    return found


def _seconds(lake: Path, events: int, kind: str) -> float:
    done = run([PYTHON, "-m", "tests.bench.bench_spark", "--alone", kind, "--lake", str(lake), "--events", str(events)])
    if done.code:
        raise SystemExit(done.stdout + done.stderr)
    return float(json.loads(done.stdout)["facts"])


def _alone(lake: Path, events: int, more: bool) -> None:
    """One run in this process, from nothing in gold; prints the seconds until facts are published, without what came before."""
    zones_of(lake, dict.fromkeys(countries_of(), "UTC"))
    running = RunningLake(lake)
    emptied(running)
    names = [name for name in sorted(running.catalog.metrics) if name != ONE_MORE]
    if more:
        how = {"source": "viewing_events", "kind": "count_distinct", "expression": "viewer_id", "filter": "device_type = 'tablet'"}
        write(lake, f"metrics/bench/{ONE_MORE}.yaml", metric(ONE_MORE, {**how, "dimensions": ["device_type", "plan"]}))
    write(lake, "views/daily.yaml", view("daily", [*names, ONE_MORE] if more else names, ["device_type"]))
    with SparkEngine(start(spill=lake / "warehouse" / ".spill", memory=MEMORY, threads=2)) as engine:
        _before(engine, events)
        report = running.run(engine=engine)
    if more:
        (lake / f"metrics/bench/{ONE_MORE}.yaml").unlink()
        write(lake, "views/daily.yaml", view("daily", names, ["device_type"]))
    json.dump({"facts": until_facts(report), "rows": sum(each.rows for each in report.views)}, sys.stdout)


def _before(engine: SparkEngine, events: int) -> None:
    """What the floor does before its metrics step: each event once, written and forgotten."""
    with tempfile.TemporaryDirectory(dir=DATA) as work:
        engine.session.read.parquet(str(raw_events(events))).createOrReplaceTempView("raw")
        numbered = "SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY received_at) AS number FROM raw"
        engine.session.sql(f"SELECT * FROM ({numbered}) WHERE number = 1").write.parquet(f"{work}/once")
        engine.session.catalog.dropTempView("raw")


if __name__ == "__main__":
    main()
