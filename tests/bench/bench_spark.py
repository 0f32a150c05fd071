"""From bronze to facts on Spark, local[2]: the shared bench's 48 metrics against its Spark floor and against one job a metric.

One round: the floor's metrics step, ours on UTC (everything a run does: plan, compute, write, audit), and the 48 jobs. Each is a
process of its own. Starting Spark is left out on all sides, and what comes before the metrics is alike: the floor removes repeated
events in its session before its metrics step, and ours does that work too before its clock starts, so that Java is as warm here as
there. What a 49th metric adds is less than processes differ from each other, so it is told from runs with and without it in turns,
in one session, after the first of each.

    python -m tests.bench.bench_spark [--events N] [--rounds N] [--turns N] [--no-naive]
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
        _alone(Path(chosen.lake), chosen.events, chosen.turns)
        return []
    if not (lake / "warehouse" / "catalog.db").exists():
        fill(lake, chosen.events)
    taken: dict[str, list[float]] = {"floor": [], "ours": [], "naive": []}
    for _ in range(chosen.rounds):
        taken["floor"].append(peer("floor_spark.py", chosen.events)["laps"]["metrics"])
        taken["ours"] += _seconds(lake, chosen.events, 0)["48"]
        if not chosen.no_naive:
            taken["naive"].append(peer("floor_spark.py", chosen.events, "--way", "naive")["laps"]["metrics"])
    if chosen.turns:
        in_turns = _seconds(lake, chosen.events, chosen.turns)
        taken |= {"48 warm": in_turns["48"][1:], "49 warm": in_turns["49"][1:]}
    return _verdicts({name: values for name, values in taken.items() if values}, chosen.events)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--turns", type=int, default=8, help="runs with and without a 49th metric, in turns; 0 for none")
    parser.add_argument("--no-naive", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--lake")
    return parser.parse_args(words)


def _verdicts(taken: Mapping[str, Sequence[float]], events: int) -> list[bool]:
    size = f"{events / 1e6:g} M events"
    seconds = {name: median(values) for name, values in taken.items()}
    shown = "; ".join(f"{name} {', '.join(f'{value:.1f}' for value in values)} s" for name, values in taken.items())
    found = []
    if "floor" in seconds:
        ratio = seconds["ours"] / seconds["floor"]
        found.append(verdict(f"Spark: bronze to gold against the floor's metrics step, {size}", ratio, BAR_FLOOR, detail=shown))
    if "naive" in seconds:
        found.append(verdict(f"Spark: one job a metric against ours, {size}", seconds["naive"] / seconds["ours"], BAR_NAIVE, at_least=True))
    if "49 warm" in seconds:
        found.append(verdict(f"Spark: a 49th metric, {size}", seconds["49 warm"] / seconds["48 warm"], BAR_ONE_MORE, detail=shown))
    return found


def _seconds(lake: Path, events: int, turns: int) -> dict[str, list[float]]:
    words = ["--alone", "--lake", str(lake), "--events", str(events), "--turns", str(turns)]
    done = run([PYTHON, "-m", "tests.bench.bench_spark", *words])
    if done.code:
        raise SystemExit(done.stdout + done.stderr)
    return dict(json.loads(done.stdout))


def _alone(lake: Path, events: int, turns: int) -> None:
    """One run in this process, or with `turns` 48 metrics and 49 in turns; prints the seconds until facts are published."""
    zones_of(lake, dict.fromkeys(countries_of(), "UTC"))
    running = RunningLake(lake)
    names = [name for name in sorted(running.catalog.metrics) if name != ONE_MORE]
    taken: dict[str, list[float]] = {"48": [], "49": []}
    with SparkEngine(start(spill=lake / "warehouse" / ".spill", memory=MEMORY, threads=2)) as engine:
        _before(engine, events)
        for _ in range(max(turns, 1)):
            taken["48"].append(_run(running, engine, names))
            if turns:
                taken["49"].append(_run_with_one_more(running, engine, names))
    json.dump(taken, sys.stdout)


def _run(running: RunningLake, engine: SparkEngine, names: Sequence[str]) -> float:
    write(running.root, "views/daily.yaml", view("daily", list(names), ["device_type"]))
    emptied(running)
    return until_facts(running.run(engine=engine))


def _run_with_one_more(running: RunningLake, engine: SparkEngine, names: Sequence[str]) -> float:
    file = f"metrics/bench/{ONE_MORE}.yaml"
    how = {"source": "viewing_events", "kind": "count_distinct", "expression": "viewer_id", "filter": "device_type = 'tablet'"}
    write(running.root, file, metric(ONE_MORE, {**how, "dimensions": ["device_type", "plan"]}))
    try:
        return _run(running, engine, [*names, ONE_MORE])
    finally:
        (running.root / file).unlink()
        write(running.root, "views/daily.yaml", view("daily", list(names), ["device_type"]))


def _before(engine: SparkEngine, events: int) -> None:
    """What the floor does before its metrics step: each event once, written and forgotten."""
    with tempfile.TemporaryDirectory(dir=DATA) as work:
        engine.session.read.parquet(str(raw_events(events))).createOrReplaceTempView("raw")
        numbered = "SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY received_at) AS number FROM raw"
        engine.session.sql(f"SELECT * FROM ({numbered}) WHERE number = 1").write.parquet(f"{work}/once")
        engine.session.catalog.dropTempView("raw")


if __name__ == "__main__":
    main()
