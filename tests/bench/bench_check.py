"""`ringi check` as a cold process over a generated catalogue of 12,000 metrics and 204 countries, and with faults in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.catalog_generator import COUNTRIES, METRICS, generate
from tests.bench.measure import RINGI, median_run, run, verdict

BAR_SECONDS = 10
BROKEN = 200
"""Files broken for the second run: the place of each finding is looked up again."""


def main() -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder) / "lake", METRICS, COUNTRIES)
        sound = median_run([RINGI, "--lake", str(root), "check"], runs=3)
        met = verdict(
            "ringi check, 12,000 metrics", sound.seconds, BAR_SECONDS, unit=" s", detail=f"{sound.peak_mib:.0f} MiB, exit {sound.code}"
        )
        if sound.code:
            print(sound.stdout[:2_000] + sound.stderr)
        _break_some(root)
        broken = run([RINGI, "--lake", str(root), "check"])
        print(f"       the same with {BROKEN} broken files: {broken.seconds:.1f} s, {broken.peak_mib:.0f} MiB, exit {broken.code}")
    return [met and sound.code == 0]


def _break_some(root: Path) -> None:
    """Misspell a column in every so many metrics."""
    paths = sorted((root / "metrics").rglob("*.yaml"))
    for path in paths[:: max(len(paths) // BROKEN, 1)]:
        path.write_text(path.read_text(encoding="utf-8").replace("genre_code", "genre_cod").replace("carla", "karla"), encoding="utf-8")


if __name__ == "__main__":
    main()
