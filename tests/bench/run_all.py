"""`make bench`: every bar of the project in one run, each as a ratio or a limit with the figure that was measured.

Needs the shared bench beside the checkout (RINGI_BENCH_DIR) for floors and peers; data are made once in RINGI_BENCH_DATA
(default `~/peerbench`). `--quick` takes 5 M events instead of 50 M.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import (
    bench_access_explain,
    bench_access_plan,
    bench_access_query,
    bench_check,
    bench_cli,
    bench_compile,
    bench_diff,
    bench_land,
    bench_preview,
    bench_run,
    bench_search,
    bench_verify,
)
from tests.bench.measure import SHARED


def main() -> int:
    if not (SHARED / "metrics.py").exists():
        print(f"The shared bench is not at {SHARED}; set RINGI_BENCH_DIR.")
        return 2
    events = "5000000" if "--quick" in sys.argv else "50000000"
    parts: tuple[tuple[str, Callable[[], list[bool]]], ...] = (
        ("facts", lambda: bench_run.main(["--events", events, "--rounds", "3"])),
        ("compile", bench_compile.main),
        ("landing", bench_land.main),
        ("check", bench_check.main),
        ("verify", bench_verify.main),
        ("search", bench_search.main),
        ("diff", bench_diff.main),
        ("proposal", lambda: bench_preview.main(["--events", "5000000" if "--quick" in sys.argv else "20000000"])),
        ("plans of access", lambda: bench_access_plan.main([])),
        ("explanations of access", lambda: bench_access_explain.main([])),
        ("access of a query", lambda: bench_access_query.main([])),
        ("command line and demo", bench_cli.main),
    )
    met: list[bool] = []
    for name, part in parts:
        print(f"-- {name}", flush=True)
        met += part()
    print(f"{sum(met)} of {len(met)} bars met.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
