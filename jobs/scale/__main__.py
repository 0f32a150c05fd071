"""`python -m jobs.scale`: what a lake of a given size needs, and what changes when the layout or the schedule does.

python -m jobs.scale --events 70e9 --countries 204 --days 30 --design present
python -m jobs.scale --design late-lane --minutes 1 --format json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace

from jobs.scale.demand import MINUTES, Demand
from jobs.scale.layout import Layout, Partition
from jobs.scale.prices import prices
from jobs.scale.report import answer, as_json, as_text
from jobs.scale.simulation import simulate
from jobs.scale.work import Publishing

LATE_LANE = Layout(
    Partition.HOUR,
    write_mib=512,
    target_mib=512,
    small_mib=128,
    compact_minutes=60,
    late_minutes=MINUTES,
    keep_hours=72,
)
DESIGNS = {
    "present": (Layout(), Publishing()),
    "late-lane": (LATE_LANE, Publishing(closed_runs=1, whole_copies=False, by_member=True)),
    "partials": (LATE_LANE, Publishing(closed_runs=0, partials=True, whole_copies=False, by_member=True)),
}
"""Layouts and schedules: what the code does now, and the two that `docs/scale.md` asks for."""


def main(words: Sequence[str] | None = None) -> int:
    """Print the answer; 0 always, 2 (by argparse) for words that mean nothing."""
    chosen = _arguments(words)
    layout, publishing = DESIGNS[chosen.design]
    given = {
        name: getattr(chosen, name)
        for name in ("minutes", "writers", "keep_hours", "compact_minutes", "late_minutes", "merge_manifests", "write_mib", "object_mib")
    }
    layout = replace(layout, **{name: value for name, value in given.items() if value is not None})
    layout = replace(layout, partition=Partition(chosen.partition)) if chosen.partition else layout
    given = {name: getattr(chosen, name) for name in ("views", "runs", "closed_runs", "history_days")}
    publishing = replace(publishing, **{name: value for name, value in given.items() if value is not None})
    demand = Demand(events_a_day=round(chosen.events), countries=chosen.countries)
    days = tuple(simulate(demand, layout, chosen.days))
    found = answer(demand, layout, publishing, days, prices())
    sys.stdout.write(as_text(found) if chosen.format == "text" else json.dumps(as_json(found)) + "\n")
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.scale", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--events", type=float, default=70e9, help="events a day")
    parser.add_argument("--countries", type=int, default=204)
    parser.add_argument("--days", type=int, default=30, help="days to simulate, from an empty table")
    parser.add_argument("--design", choices=DESIGNS, default="present", help="where the other options start from")
    parser.add_argument("--partition", choices=[each.value for each in Partition])
    parser.add_argument("--minutes", type=_divides_a_day, help="minutes between batches")
    parser.add_argument("--writers", type=int, help="tasks that write a batch")
    parser.add_argument("--write-mib", type=int, help="size of the files that a batch writes")
    parser.add_argument("--object-mib", type=int, help="size of the raw objects that are landed")
    parser.add_argument("--compact-minutes", type=int, help="minutes between compactions; 0 for none")
    parser.add_argument("--late-minutes", type=int, help="minutes for which late events wait; 0 for none")
    parser.add_argument("--keep-hours", type=int, help="hours for which a snapshot is kept")
    parser.add_argument("--merge-manifests", type=int, help="manifests above which compaction merges them; 0 for never")
    parser.add_argument("--views", type=int)
    parser.add_argument("--runs", type=int, help="runs a day")
    parser.add_argument("--closed-runs", type=int, help="how many of them compute days before today")
    parser.add_argument("--history-days", type=int, help="days that a saved copy holds")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser.parse_args(words)


def _divides_a_day(text: str) -> int:
    """Minutes that fit a day a whole number of times."""
    value = int(text)
    if value < 1 or MINUTES % value:
        raise argparse.ArgumentTypeError(f"{value} minutes do not fit a day a whole number of times")
    return value


if __name__ == "__main__":
    sys.exit(main())
