"""Compiling all metrics of one view into one statement: seconds and size, for the shared bench's metrics and variants of them.

python -m tests.bench.bench_compile
"""

from __future__ import annotations

import datetime as dt
import time
from statistics import median

from jobs.compile import FactsRequest, Periods, Relations, compile_facts
from metrics_catalog import expression
from metrics_catalog.view import TimeGrain
from tests.bench.measure import verdict
from tests.bench.shared_metrics import definitions, logics, real_zones

COUNTRIES = ("BR", "DE", "IN", "JP", "US")
BAR_SECONDS, BAR_GROWTH = 1.0, 2.2
PERIODS = Periods(TimeGrain.DAY, dt.date(2026, 1, 20), dt.date(2026, 2, 19))


def main() -> list[bool]:
    seconds, kib = zip(*(_measured(count) for count in (48, 200, 500, 1000)), strict=True)
    for count, taken, size in zip((48, 200, 500, 1000), seconds, kib, strict=True):
        print(f"       compile {count} metrics of one view: {taken * 1000:.0f} ms, {size:.0f} KiB of SQL")
    return [
        verdict("compile 1,000 metrics of one view, expressions read anew", seconds[-1], BAR_SECONDS, unit=" s"),
        verdict("size of the SQL, 1,000 metrics against 500", kib[-1] / kib[-2], BAR_GROWTH),
    ]


def _measured(count: int) -> tuple[float, float]:
    metrics = logics(definitions().variants(count), real_zones(COUNTRIES))
    request = FactsRequest(PERIODS, ("device_type",), metrics, COUNTRIES, Relations({"viewing_events": "bronze"}))
    times, size = [], 0
    for _ in range(3):
        expression.parse.cache_clear()
        start = time.perf_counter()
        size = len(compile_facts(request).sql)
        times.append(time.perf_counter() - start)
    return median(times), size / 1024


if __name__ == "__main__":
    main()
