"""`python -m tests.lab.spark_on_s3 LAKE`: a demo's raw files landed and computed by Spark in the lake of the profile `aws`.

Calls what `ringi land`, `ringi run --plan` and `ringi run` call, in one process so that Java starts once, and prints what each gave.
Of the titles, which each file restates as a whole, the newest is landed: the tests of landing on Spark look at restatements. The first
hour of events is then sent once more, in other bytes.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import asdict
from pathlib import Path

from ringi.lake import Lake
from ringi.operations.landing import land_files
from ringi.operations.run_planning import plan_run
from ringi.operations.running import run_lake
from ringi.output import Output


def main() -> None:
    root, out = Path(sys.argv[1]), Output()
    lake = Lake(root, "aws")
    with lake.engine():
        titles = sorted((root / "incoming").glob("titles_*"))[-1:]
        events = sorted((root / "incoming").glob("viewing_events_*"))
        reports = [land_files(lake, source, files, out) for source, files in (("titles", titles), ("viewing_events", events))]
        again = land_files(lake, "viewing_events", [_sent_again(events[0])], out).counts
        plan = plan_run(lake).as_json()
        report = run_lake(lake, out)
        after = plan_run(lake).as_json()
    landed = {report.source: report.counts.received for report in reports}
    json.dump({"landed": landed, "again": asdict(again), "plan": plan, "run": report.as_json(), "after": after}, sys.stdout)


def _sent_again(file: Path) -> Path:
    """The same records in a file that nobody has seen: one of them is in it twice."""
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    copy = file.with_name(f"again_{file.name}")
    copy.write_bytes(gzip.compress(b"".join([lines[0], *lines])))
    return copy


if __name__ == "__main__":
    main()
