"""`ringi verify` as a cold process over 12,000 metrics with two signatures each: as they lie, from a bare clone, with faults."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.bench.catalog_generator import METRICS
from tests.bench.measure import RINGI, median_run, run, verdict
from tests.bench.signed_catalog import signed_catalog

BAR_SECONDS = 10
BROKEN = 200
"""Approvals broken for the last run: the place of each finding is looked up again."""


def main(metrics: int = METRICS) -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        root = signed_catalog(Path(folder) / "lake", metrics)
        sound = median_run([RINGI, "--lake", str(root), "--format", "csv", "verify"], runs=3)
        met = verdict(
            f"ringi verify, {metrics:,} metrics",
            sound.seconds,
            BAR_SECONDS,
            unit=" s",
            detail=f"{sound.peak_mib:.0f} MiB, exit {sound.code}",
        )
        all_published = sound.stdout.count(",published,") == metrics
        bare = _bare(root, Path(folder) / "copy.git")
        cloned = run([RINGI, "--lake", str(bare), "--format", "csv", "verify"])
        print(f"       the same from a bare clone: {cloned.seconds:.1f} s, {cloned.peak_mib:.0f} MiB, exit {cloned.code}")
        for path in sorted((root / "approvals").glob("*/tech-*.yaml"))[:: max(metrics // BROKEN, 1)]:
            path.write_text(path.read_text(encoding="utf-8").replace("aiko", "bernd"), encoding="utf-8")
        broken = run([RINGI, "--lake", str(root), "--format", "csv", "verify"])
        print(f"       the same with {BROKEN} forged approvals: {broken.seconds:.1f} s, {broken.peak_mib:.0f} MiB, exit {broken.code}")
    return [met and sound.code == 0 and all_published and cloned.code == 0 and broken.code == 1]


def _bare(root: Path, into: Path) -> Path:
    git = ("git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "All keys")):
        subprocess.run([*git, *words], cwd=root, check=True)
    subprocess.run([*git, "clone", "--quiet", "--bare", str(root), str(into)], check=True)
    return into


if __name__ == "__main__":
    main()
