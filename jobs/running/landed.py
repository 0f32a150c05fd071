"""How many records landed since the facts were computed, for the closing summary of a run.

Bronze's snapshots carry the reports of the batches that made them; nothing is counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.land.lake_tables import BATCH, REPORTS
from jobs.land.manifest import read_reports
from jobs.land.report import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.facts.run_plan import ViewPlan
    from jobs.table import Tables


def landed(tables: Tables, views: Iterable[ViewPlan]) -> Counts:
    """Records of all batches that the views compute for the first time."""
    new: dict[int, Counts] = {}
    for view in views:
        for name, snapshot in view.inputs.items():
            known = view.head.inputs.get(name, 0) if view.head else 0
            new |= _since(tables, name, known, snapshot)
    return sum(new.values(), Counts())


def _since(tables: Tables, name: str, known: int, snapshot: int) -> dict[int, Counts]:
    by_id = {each.id: each for each in tables.snapshots(name)}
    found: dict[int, Counts] = {}
    cursor = by_id.get(snapshot)
    while cursor is not None and cursor.id != known:
        if REPORTS in cursor.summary:
            reports = read_reports(cursor.summary[REPORTS], cursor.summary[BATCH])
            found[cursor.id] = sum((report.counts for report in reports), Counts())
        cursor = by_id.get(cursor.parent_id) if cursor.parent_id is not None else None
    return found
