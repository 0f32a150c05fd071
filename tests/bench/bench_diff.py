"""`ringi diff` as a cold process in a catalogue of 12,000 metrics with one that changed, and with a change that reaches many."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.bench.catalog_generator import COUNTRIES, METRICS, generate
from tests.bench.measure import RINGI, Measured, median_run, run, verdict
from tests.support.repositories import committed, git

BAR_SECONDS = 1.0


def main() -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder) / "lake", METRICS, COUNTRIES)
        committed(root)
        return measured(root)


def measured(root: Path) -> list[bool]:
    """The diff of nothing, of one metric in JSON and in words; then what is not held to the bar."""
    met = [_line(root, "nothing", "diff")]
    names = _change_one_metric(root)
    met += [_line(root, f"one metric, {names} touched", "--format", "json", "diff"), _line(root, "the same in words", "diff")]
    met.append(_line(root, "its matrix", "diff", "--matrix", _first(root).stem))
    git(root, "checkout", "--quiet", ".")
    _replace(root / "sources" / "viewing_events_00.yaml", "maximum: 3600", "maximum: 7200")
    _told("a column that 1,000 metrics read", run([RINGI, "--lake", str(root), "diff"]))
    git(root, "checkout", "--quiet", ".")
    _replace(root / "countries.yaml", "Asia/Tokyo", "Asia/Seoul")
    _told("a country's clock, which reaches all", run([RINGI, "--lake", str(root), "diff"]))
    return met


def _first(root: Path) -> Path:
    """A metric that others are made of."""
    return next(path for path in sorted((root / "metrics").rglob("*_plays.yaml")) if "kind: count" in path.read_text(encoding="utf-8"))


def _change_one_metric(root: Path) -> int:
    _replace(_first(root), "hour_of_day >= ", "hour_of_day > ")
    found = json.loads(run([RINGI, "--lake", str(root), "--format", "json", "diff"]).stdout)
    return len(found["metrics"])


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def _line(root: Path, what: str, *words: str) -> bool:
    done = median_run([RINGI, "--lake", str(root), *words])
    if done.code:
        print(done.stderr)
    return verdict(f"ringi diff, {what}", done.seconds, BAR_SECONDS, unit=" s", detail=_detail(done)) and done.code == 0


def _told(what: str, done: Measured) -> None:
    print(f"       ringi diff, {what}: {done.seconds:.1f} s, {_detail(done)}")


def _detail(done: Measured) -> str:
    return f"{done.peak_mib:.0f} MiB, exit {done.code}"


if __name__ == "__main__":
    main()
