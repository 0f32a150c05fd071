"""`ringi search` as a cold process in a catalogue of 12,000 metrics and 204 countries, and what the first search costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.catalog_generator import COUNTRIES, METRICS, generate
from tests.bench.measure import RINGI, Measured, median_run, run, verdict

BAR_SECONDS = 0.4
QUESTIONS = (
    "viewing hours",  # in thousands of labels
    "視聴時間",
    "深夜のアニメ",
    "viewng hours phone",  # a typo
    "weekend rebuffer japan",  # with a country
    "device",  # a dimension of all metrics
    "zzzzqq",  # nothing at all
)


def main() -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        return measured(generate(Path(folder) / "lake", METRICS, COUNTRIES))


def measured(root: Path) -> list[bool]:
    """One line for the making of the index, then one for each question."""
    first = run([RINGI, "--lake", str(root), "search", "視聴時間"])
    if first.code:
        print(first.stderr)
    print(f"       first search, which makes the index: {first.seconds:.1f} s, {first.peak_mib:.0f} MiB")
    return [_line(question, median_run([RINGI, "--lake", str(root), "search", question])) for question in QUESTIONS]


def _line(question: str, done: Measured) -> bool:
    detail = f"{done.peak_mib:.0f} MiB, exit {done.code}"
    return verdict(f"ringi search {question}", done.seconds, BAR_SECONDS, unit=" s", detail=detail) and done.code == 0


if __name__ == "__main__":
    main()
