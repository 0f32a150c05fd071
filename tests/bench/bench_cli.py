"""How long the command line takes to start, and the whole demo with a line a stage."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.bench.measure import RINGI, median_run, run, verdict


def main() -> list[bool]:
    started = median_run([RINGI, "--help"], runs=9)
    met = [verdict("ringi --help", started.seconds, 0.3, unit=" s", detail=f"{started.peak_mib:.0f} MiB")]
    with tempfile.TemporaryDirectory() as folder:
        demo = run([RINGI, "demo", "--dir", str(Path(folder) / "lake"), "--events", "100000"])
    if demo.code:
        print(demo.stderr)
    for line in demo.stderr.splitlines():
        if re.search(r"\d s$", line):
            print(f"       {line.strip()}")
    return [*met, verdict("ringi demo, 100,000 events", demo.seconds, 20, unit=" s", detail=f"{demo.peak_mib:.0f} MiB, exit {demo.code}")]


if __name__ == "__main__":
    main()
