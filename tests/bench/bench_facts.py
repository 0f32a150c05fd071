"""The compiled statement of the shared bench's 48 metrics against its hand-written floor, in the same run.

The floor reads deduplicated events from memory, as it is defined; ours reads them from compressed files of one UTC day each,
in chunks of whole days, once with every clock on UTC (the floor's meaning; results are compared) and once with real zones.
Ratios are of the medians of rounds in which all three take turns, in wall time and in processor time: on a busy machine the
latter is the steadier one. The Iceberg tables and the publishing around the statement are not part of this bench.

    python -m tests.bench.bench_facts [--events N] [--rounds N] [--shape cdd|cd]
    python -m tests.bench.bench_facts --alone utc|real [--events N]      one run of ours in this process, for its memory
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from jobs.compile import FactsRequest, Periods, Relations, compile_facts, utc_span
from metrics_catalog.view import TimeGrain
from tests.bench.measure import PYTHON, run, verdict
from tests.bench.shared_metrics import bronze, definitions, logics, raw_events, real_zones

BAR_FLOOR, BAR_ZONES, BAR_MIB = 1.3, 1.25, 6 * 1024
CHUNK_EVENTS = 8_000_000
FIRST, END = dt.date(2026, 1, 20), dt.date(2026, 2, 19)
DIMENSIONS = {"cdd": ("device_type",), "cd": ()}
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """Seconds of one run."""

    wall: float
    processor: float


def main(words: Sequence[str] | None = None) -> list[bool]:
    chosen = _arguments(words)
    engine = _engine()
    if chosen.alone:
        days = bronze(engine, chosen.events)
        print(f"{_timed(lambda: _ours(engine, days, chosen.alone == 'real', chosen.shape)).wall:.1f} s")
        return []
    taken = _rounds(engine, chosen.events, chosen.rounds, chosen.shape)
    return _verdicts(taken, chosen.events, chosen.shape)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shape", choices=sorted(DIMENSIONS), default="cdd")
    parser.add_argument("--alone", choices=("utc", "real"))
    return parser.parse_args(words)


def _engine(limit: str = "5GB") -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect()
    for setting in ("threads = 2", "TimeZone = 'UTC'", "preserve_insertion_order = false", f"memory_limit = '{limit}'"):
        engine.execute(f"SET {setting}")
    engine.execute(f"SET temp_directory = '{tempfile.gettempdir()}'")
    return engine


def _rounds(engine: duckdb.DuckDBPyConnection, events: int, rounds: int, shape: str) -> dict[str, Taken]:
    days = bronze(engine, events)
    floor = _engine("16GB")  # the floor keeps all events in memory
    floor.execute(f"CREATE TEMP TABLE e AS {definitions().dedup_sql(repr(str(raw_events(events))))}")
    works: dict[str, Callable[[], None]] = {
        "floor": lambda: _floor(floor, shape),
        "utc": lambda: _ours(engine, days, False, shape),
        "real": lambda: _ours(engine, days, True, shape),
    }
    all_runs: dict[str, list[Taken]] = {name: [] for name in works}
    for number in range(rounds):
        for name, work in works.items():
            all_runs[name].append(_timed(work))
            if number == 0 and name == "utc":
                _compare(floor, engine, shape)
    return {name: Taken(median(one.wall for one in runs), median(one.processor for one in runs)) for name, runs in all_runs.items()}


def _timed(work: Callable[[], None]) -> Taken:
    start, used = time.perf_counter(), _processor()
    work()
    return Taken(time.perf_counter() - start, _processor() - used)


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _floor(engine: duckdb.DuckDBPyConnection, shape: str) -> None:
    engine.execute(f"CREATE OR REPLACE TEMP TABLE result AS {definitions().smart_sql('e', shape)}")


def _ours(engine: duckdb.DuckDBPyConnection, days: Sequence[Path], real: bool, shape: str) -> None:
    engine.execute("DROP TABLE IF EXISTS result")
    verb = "CREATE TEMP TABLE result AS"
    for request in _requests(engine, days, real, shape):
        engine.execute(f"{verb} {compile_facts(request).sql}")
        verb = "INSERT INTO result"


def _requests(engine: duckdb.DuckDBPyConnection, days: Sequence[Path], real: bool, shape: str) -> Iterator[FactsRequest]:
    """One request a chunk of local days, over the files that its events can lie in."""
    countries = sorted(country for (country,) in engine.execute(f"SELECT DISTINCT viewing_country FROM '{days[0]}'").fetchall())
    zones = real_zones(countries) if real else dict.fromkeys(countries, "UTC")
    metrics = logics(definitions().METRICS, zones)
    (rows,) = engine.execute(f"SELECT count(*) FROM '{days[0]}'").fetchone() or (1,)
    length = max(1, CHUNK_EVENTS // rows)
    first, last = (FIRST - DAY, END + DAY) if real else (FIRST, END)
    for start in range(0, (last - first).days, length):
        periods = Periods(TimeGrain.DAY, first + start * DAY, min(last, first + (start + length) * DAY))
        begins, ends = utc_span(zones, periods)
        files = [
            str(day) for day in days if begins.date() <= dt.date.fromisoformat(day.stem) <= (ends - dt.timedelta(microseconds=1)).date()
        ]
        if files:
            yield FactsRequest(
                periods, DIMENSIONS[shape], metrics, tuple(countries), Relations({"viewing_events": f"read_parquet({files!r})"})
            )


def _compare(floor: duckdb.DuckDBPyConnection, ours: duckdb.DuckDBPyConnection, shape: str) -> None:
    """The numbers of both sides must be equal: integers exactly, doubles within 1e-9."""
    names = [metric["name"] for metric in definitions().METRICS]
    keys = ", ".join(["viewing_country", "{day}", *DIMENSIONS[shape]])
    columns = ", ".join(f"CAST({name} AS DOUBLE)" for name in names)
    rows = floor.execute(f"SELECT {keys.format(day='day')}, {columns} FROM result ORDER BY ALL").fetchall()
    other = ours.execute(f"SELECT {keys.format(day='viewing_date')}, {columns} FROM result ORDER BY ALL").fetchall()
    if len(rows) != len(other) or not all(_same(one, two) for one, two in zip(rows, other, strict=True)):
        raise SystemExit("the two sides give different numbers; their times say nothing")
    print(f"       {len(rows):,} rows x {len(names)} metrics are equal on both sides")


def _same(one: Sequence[object], two: Sequence[object]) -> bool:
    pairs = zip(one, two, strict=True)
    return all(a == b or (isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-9 * abs(a)) for a, b in pairs)


def _verdicts(taken: dict[str, Taken], events: int, shape: str) -> list[bool]:
    for name, one in taken.items():
        print(f"       {name}: {one.wall:.2f} s wall, {one.processor:.2f} s processor")
    floor, utc, real = taken["floor"], taken["utc"], taken["real"]
    size = f"{events // 1_000_000} M events, {shape}"
    alone = run([PYTHON, "-m", "tests.bench.bench_facts", "--alone", "real", "--events", str(events), "--shape", shape])
    return [
        verdict(
            f"facts in UTC against the floor, {size}",
            utc.wall / floor.wall,
            BAR_FLOOR,
            detail=f"processor {utc.processor / floor.processor:.2f}",
        ),
        verdict(
            f"facts in real zones against UTC, {size}",
            real.wall / utc.wall,
            BAR_ZONES,
            detail=f"processor {real.processor / utc.processor:.2f}",
        ),
        verdict(
            f"memory of facts in real zones, {size}",
            alone.peak_mib,
            BAR_MIB,
            unit=" MiB",
            detail=alone.stdout.strip() or alone.stderr[-300:],
        ),
    ]


if __name__ == "__main__":
    main()
