"""How the cost of a run grows: with countries, with metrics, with the periods that late events touch, and with history.

Small lakes, one run each. Seconds of such small lakes mean little: what counts is which stage grows, and whether as the design says.
Processor seconds are this process's, so they say nothing of Spark; on a busy machine they are the steadier ones.

    python -m tests.bench.bench_growth [--part countries|metrics|late|history] [--events N] [--engine duckdb|spark]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.engine import Engine
from tests.bench.growth_lake import GrowthLake

STAGES = ("plan", "compute", "publish", "ledger")
DAYS = 10


def main(words: Sequence[str] | None = None) -> list[bool]:
    """Print the curves; there is no bar here, so nothing is met or missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), action="append")
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    chosen = parser.parse_args(words)
    engine = engine_of(chosen.engine)
    for name in chosen.part or PARTS:
        print(f"-- growth with {name}, {chosen.engine}", flush=True)
        PARTS[name](chosen.events, engine)
    return []


def engine_of(name: str) -> Engine | None:
    """The engine that computes, or None for the embedded one of each lake."""
    if name == "duckdb":
        return None
    from jobs.engines.spark import SparkEngine, start

    return SparkEngine(start(memory="2GB", threads=2))


def countries(events: int, engine: Engine | None) -> None:
    """The same events spread over more countries: a first run, then one after a late hour of one country."""
    for number in (25, 100, 204):
        with tempfile.TemporaryDirectory() as folder:
            lake = GrowthLake(Path(folder) / "lake", countries=number, metrics=48, engine=engine)
            lake.add(events, days=DAYS)
            _line("countries", number, "first run", lake)
            lake.add(1000, day=3, hours=1, countries=1)
            _line("countries", number, "a late hour of one country", lake)
            lake.add(5000, day=3, hours=1)
            _line("countries", number, "a late hour of all countries", lake)


def metrics(events: int, engine: Engine | None) -> None:
    """One view with more metrics over the same events."""
    for number in (10, 100, 500):
        with tempfile.TemporaryDirectory() as folder:
            lake = GrowthLake(Path(folder) / "lake", countries=25, metrics=number, engine=engine)
            lake.add(events, days=DAYS)
            _line("metrics", number, "first run", lake)


def late(events: int, engine: Engine | None) -> None:
    """Late events of all countries in 1 hour, 1, 7 and 30 days of 40 days of history."""
    with tempfile.TemporaryDirectory() as folder:
        lake = GrowthLake(Path(folder) / "lake", countries=25, metrics=48, engine=engine)
        lake.add(2 * events, days=40)
        _line("late", "all", "first run, 40 days", lake)
        for name, days, hours in (("1 h", 1, 1), ("1 d", 1, 24), ("7 d", 7, 24), ("30 d", 30, 24)):
            lake.add(5000, day=5, days=days, hours=hours)
            _line("late", name, "after late events", lake)


def history(events: int, engine: Engine | None) -> None:
    """The same late hour after more days of history: the days of history are not touched."""
    for days in (10, 40, 160):
        with tempfile.TemporaryDirectory() as folder:
            lake = GrowthLake(Path(folder) / "lake", countries=25, metrics=48, engine=engine)
            lake.add(days * (events // 80), days=days)
            lake.run()
            lake.add(1000, day=3, hours=1)
            _line("history", days, "after a late hour", lake)


def _line(curve: str, point: object, what: str, lake: GrowthLake) -> None:
    before = time.process_time()
    report, seconds = lake.run()
    processor = time.process_time() - before
    told = ", ".join(f"{name} {seconds.get(name, 0):.2f} s" for name in STAGES)
    rows = sum(each.rows for each in report.views)
    periods = sum(each.periods for each in report.views)
    print(
        f"       {curve} {point}, {what}: {processor:.2f} s processor, {sum(seconds.values()):.2f} s wall ({told}); {periods} files, {rows:,} rows, {report.published} copies",
        flush=True,
    )


PARTS = {"countries": countries, "metrics": metrics, "late": late, "history": history}


if __name__ == "__main__":
    main()
