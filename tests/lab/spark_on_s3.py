"""`python -m tests.lab.spark_on_s3 LAKE`: a demo's raw files landed and computed by Spark in the lake of the profile `aws`.

Calls what `ringi land`, `ringi run --plan` and `ringi run` call, in one process so that Java starts once, and prints what each gave.
Of the titles, which each file restates as a whole, the newest is landed: the tests of landing on Spark look at restatements.
"""

from __future__ import annotations

import json
import sys
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
        plan = plan_run(lake).as_json()
        report = run_lake(lake, out)
        after = plan_run(lake).as_json()
    landed = {report.source: report.counts.received for report in reports}
    json.dump({"landed": landed, "plan": plan, "run": report.as_json(), "after": after}, sys.stdout)


if __name__ == "__main__":
    main()
