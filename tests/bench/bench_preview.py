"""How long a proposal's numbers take: `ringi preview` of one metric, and `ringi report` without numbers among 12,000 metrics.

The previews run on the lake of `bench_run`, cut to so many events: of a sum, of a distinct count, and of the sum with every country-day
computed. Each is a process of its own, from a cold start, with the filter of the metric changed since the last commit.

    python -m tests.bench.bench_preview [--events N] [--runs N]
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from infra.local.iceberg import LocalTables
from jobs.table import Commit, DataFile
from tests.bench.catalog_generator import generate
from tests.bench.measure import RINGI, median_run, verdict
from tests.bench.shared_metrics import DATA
from tests.support.proposing import commit

BAR_PREVIEW, BAR_REPORT = 5.0, 1.0
TABLE = "bronze.viewing_events"
CHANGED = "event_type = 'heartbeat' and seconds_viewed > 1"


def main(words: Sequence[str] | None = None) -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=DATA) as folder:
        return [*_previews(Path(folder) / "lake", chosen.events, chosen.runs), _report(Path(folder) / "catalog", chosen.runs)]


def _previews(lake: Path, events: int, runs: int) -> list[bool]:
    held = cut(DATA / f"lake{50 if events > 5_000_000 else 5}m", lake, events)
    met = []
    for name, metric, options in (
        ("a sum", _a("sum", lake), []),
        ("a distinct count", _a("count_distinct", lake), []),
        ("a sum, all of it", _a("sum", lake), ["--all"]),
    ):
        path = next(lake.glob(f"metrics/**/{metric}.yaml"))
        before = path.read_text(encoding="utf-8")
        document = yaml.safe_load(before)
        document["how"]["filter"] = CHANGED
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        done = median_run([RINGI, "--lake", str(lake), "--format", "json", "preview", metric, "--base", "HEAD", *options], runs)
        path.write_text(before, encoding="utf-8")
        if done.code:
            raise SystemExit(done.stdout + done.stderr)
        share = json.loads(done.stdout)["sample"]["share"]
        detail = f"{share:.0%} of the country-days, {done.peak_mib:.0f} MiB"
        met.append(verdict(f"preview of {name}, {held / 1e6:.1f} M events", done.seconds, BAR_PREVIEW, unit=" s", detail=detail))
    return met


def _a(kind: str, lake: Path) -> str:
    """The first metric of a kind that has a filter."""
    for path in sorted(lake.glob("metrics/**/*.yaml")):
        how = yaml.safe_load(path.read_text(encoding="utf-8"))["how"]
        if how["kind"] == kind and "filter" in how:
            return path.stem
    raise SystemExit(f"the bench has no metric of kind {kind}")


def cut(whole: Path, into: Path, events: int) -> int:
    """A lake with the same project and the first files of the bronze table, which stay where they are; how many events it has."""
    shutil.copytree(whole, into, ignore=shutil.ignore_patterns("warehouse", ".git", ".ringi"))
    old, new = LocalTables(whole / "warehouse"), LocalTables(into / "warehouse")
    spec = old.spec(TABLE)
    if spec is None:
        raise SystemExit(f"there is no {TABLE} in {whole}: run tests.bench.bench_run first")
    taken: list[DataFile] = []
    for file in old.files(TABLE):
        if sum(each.rows for each in taken) < events:
            taken.append(file)
    new.ensure(spec)
    new.commit(Commit(TABLE, [file.path for file in taken], check_parent=False))
    commit(into)
    return sum(file.rows for file in taken)


def _report(catalog: Path, runs: int) -> bool:
    generate(catalog)
    commit(catalog)
    path = next(iter(sorted(catalog.glob("metrics/anime/*_plays.yaml"))))
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("event_type = 'start'", "event_type = 'stop'")
        .replace("hour_of_day >= ", "hour_of_day >= 1"),
        encoding="utf-8",
    )
    done = median_run([RINGI, "--lake", str(catalog), "report", "--base", "HEAD", "--no-numbers"], runs)
    if done.code or path.stem not in done.stdout:
        raise SystemExit(done.stdout + done.stderr)
    return verdict(
        "report without numbers, 12,000 metrics, one changed", done.seconds, BAR_REPORT, unit=" s", detail=f"{done.peak_mib:.0f} MiB"
    )


if __name__ == "__main__":
    main()
