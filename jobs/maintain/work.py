"""Walks a maintenance plan: merges, forgets, removes, and writes what was done to the ledger.

Called by `ringi maintain` with a lake that is locked. Each step leaves a whole lake, so a call that was cut off needs nothing but
the next one, which plans what is left.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from jobs.checkpoint import reached
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.maintain import compaction
from jobs.maintain import plan as planning
from jobs.maintain.report import FolderReport, MaintenanceReport, TableReport, planned, table_report
from jobs.table import Commit, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from jobs.maintain.plan import FolderWork, MaintainLake, MaintenancePlan, TableWork
    from jobs.maintain.policy import MaintenancePolicy

    Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]

AT_ONCE = 200
"""Files that are removed between two signs of progress."""

MAINTENANCE = TableSpec(
    "ledger.maintenance",
    (
        TableColumn("recorded_at", ColumnType.TIMESTAMP, doc="When the call was closed."),
        TableColumn("subject", ColumnType.STRING, doc="Table, or the folder of the lake that was swept."),
        TableColumn("action", ColumnType.STRING, doc="`merged files`, `forgot snapshots`, `dropped branches` or `removed files`."),
        TableColumn("number", ColumnType.INTEGER, doc="How many of them."),
        TableColumn("bytes", ColumnType.INTEGER, doc="Bytes of the files that were removed; NULL elsewhere."),
        *ledger.CHAIN,
    ),
)


def maintain(
    lake: MaintainLake, policy: MaintenancePolicy, now: dt.datetime, progress: Progress, names: Sequence[str] = (), *, dry_run: bool = False
) -> MaintenanceReport:
    """Bring some tables, all by default, within the policy. A dry run plans and touches nothing.

    Raises JobError for an unknown table, CompactionError where merged files are not what they replace, and the errors of the
    outside world; what was done before stays done.
    """
    begun = time.perf_counter()
    with progress("Planning", len(names) or len(planning.tables_of(lake))) as advance:
        plan = planning.plan(lake, policy, now, names, advance)
    if dry_run:
        return planned(plan, time.perf_counter() - begun)
    tables, folders = _walk(lake, policy, plan, progress)
    before = now - policy.stray_age
    for work in plan.folders:
        lake.upkeep.remove_empty_folders(work.folder, before)
    _record(lake, tables, folders, now)
    return MaintenanceReport(tables, folders, time.perf_counter() - begun)


def _walk(
    lake: MaintainLake, policy: MaintenancePolicy, plan: MaintenancePlan, progress: Progress
) -> tuple[tuple[TableReport, ...], tuple[FolderReport, ...]]:
    with progress("Maintaining", len(plan.tables)) as advance:
        tables = tuple(_table(lake, policy, work, advance) for work in plan.tables)
    with progress("Removing files", sum(len(work.strays) for work in plan.folders)) as advance:
        folders = tuple(_folder(lake, work, advance) for work in plan.folders)
    return tables, folders


def _table(lake: MaintainLake, policy: MaintenancePolicy, work: TableWork, advance: Callable[[int], None]) -> TableReport:
    for branch in work.branches:
        lake.tables.drop_branch(work.name, branch)
    less = sum(compaction.compact(lake.tables, lake.engine, work.name, group) for group in compaction.commits_of(work.merges, policy))
    if work.manifests or work.history:
        _rewrite_state(lake, work)
    if work.expire:
        lake.upkeep.expire(work.name, work.expire)
        reached("snapshots_expired")
    advance(1)
    return table_report(work, work.files - less)


def _rewrite_state(lake: MaintainLake, work: TableWork) -> None:
    """A snapshot of the same files: its manifests are merged, and facts write down the past that is about to be forgotten."""
    head = lake.tables.snapshot(work.name)
    if head is None:
        return
    summary = gold.carried(head, work.history) if work.history else compaction.carried(work.name, head)
    lake.tables.commit(Commit(work.name, [], summary=summary, parent=head.id, rewrites=True))
    reached("history_written")


def _folder(lake: MaintainLake, work: FolderWork, advance: Callable[[int], None]) -> FolderReport:
    paths = [stray.path for stray in work.strays]
    for first in range(0, len(paths), AT_ONCE):
        lake.upkeep.remove(paths[first : first + AT_ONCE])
        reached("strays_removed")
        advance(len(paths[first : first + AT_ONCE]))
    return FolderReport(work.folder, len(work.strays), work.bytes)


def _record(lake: MaintainLake, tables: Sequence[TableReport], folders: Sequence[FolderReport], now: dt.datetime) -> None:
    """One block a call, with a line for each thing that was done."""
    done: list[tuple[str, str, int, int | None]] = []
    for table in tables:
        counts = (("merged files", table.merged), ("forgot snapshots", table.expired), ("dropped branches", table.branches))
        done += [(table.name, action, number, None) for action, number in counts if number]
    done += [(folder.folder, "removed files", folder.files, folder.bytes) for folder in folders if folder.files]
    lines: list[dict[str, Any]] = [
        {"recorded_at": now, "subject": subject, "action": action, "number": number, "bytes": size}
        for subject, action, number, size in done
    ]
    block = hashlib.sha256(json.dumps([now.isoformat(), done]).encode()).hexdigest()[:16]
    ledger.append_values(lake.tables, lake.engine, MAINTENANCE, block, lines)
    reached("maintenance_recorded")
