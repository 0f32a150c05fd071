"""What access costs a query: the same SELECT through the locked process, with every cell given and with filters, cells and masks.

Ratios to the principal that is given everything, as the median of whole queries (the process starts, takes in, locks and runs), each
round asking all in turn. The conditions hold on nearly all rows, so as much is read; what is left out would only make them faster.

    python -m tests.bench.bench_access_query [--rows N] [--rounds N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from infra.local.query_process import Limits
from tests.bench.measure import verdict
from tests.support.policies import grant, policy
from tests.support.query_desk import answer, make_desk

BAR = 1.2
VIEW = "views_jp.title_daily"
SQL = f"select title_id, device_type, sum(plays) as plays, sum(viewing_hours) as hours from {VIEW} group by all order by all"
ALL = {"classifications": ("public", "internal", "personal")}
SOME = {"include": ("viewing_country", "title_id", "device_type", "plays")}
CASES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "one filter": ([{"rows": "plays > 10"}], True),
    "a filter of four grants": ([{"rows": f"device_type = '{name}'"} for name in ("tv", "web", "mobile")] + [{"rows": "plays > 10"}], True),
    "a filter on text and day": ([{"rows": "title_id like 't%' and viewing_date >= DATE '2026-11-01'"}], True),
    "cells: a column on fewer rows": ([{"columns": SOME}, {"rows": "plays > 10"}], True),
    "a mask that shows four characters": ([{"masks": {"title_id": "show-first-4"}}], False),
    "a mask that hashes": ([{"masks": {"title_id": "sha-256-global"}}], False),
}
"""Grants of each, and whether the bar is meant for it: a mask computes something of each value, and is shown without a bar."""


def main(words: Sequence[str] | None = None) -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        times = _measured(Path(folder), chosen.rows, chosen.rounds)
    whole = median(times["everything"])
    print(f"       everything given, {chosen.rows / 1e6:g} M rows: {whole:.2f} s a query")
    met = []
    for name, (_, has_bar) in CASES.items():
        ratio = median(times[name]) / whole
        if has_bar:
            met.append(verdict(f"query under {name}", ratio, BAR, unit=" x unfiltered"))
        else:
            print(f"       query under {name}: {ratio:.2f} x unfiltered")
    return met


def _measured(folder: Path, rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each query, in rounds, after one that warms the file cache."""
    given: dict[str, list[dict[str, Any]]] = {"everything": [{}], **{name: grants for name, (grants, _) in CASES.items()}}
    first = make_desk(folder, rows=rows)
    desks = {name: replace(first, policy=policy(*(grant(**ALL, **each) for each in grants))) for name, grants in given.items()}
    limits = Limits(seconds=120, threads=2)
    times: dict[str, list[float]] = {name: [] for name in desks}
    for number in range(rounds + 1):
        for name, desk in desks.items():
            start = time.perf_counter()
            found = answer(desk, SQL, limits=limits)
            if number:
                times[name].append(time.perf_counter() - start)
            assert found.rows, name
    return times


if __name__ == "__main__":
    main()
