"""What maintenance did, or would do: printed by `ringi maintain`, and as JSON for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.maintain.plan import MaintenancePlan, TableWork


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table: `files_before` the work and `files_after`, how many of them were `merged`, snapshots that it had and `expired`."""

    name: str
    files_before: int
    files_after: int
    merged: int
    snapshots: int
    expired: int
    branches: int
    left: str = ""

    @property
    def is_changed(self) -> bool:
        return bool(self.merged or self.expired or self.branches)


@dataclass(frozen=True, slots=True)
class FolderReport:
    """Files without a table that were removed below one folder."""

    folder: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """One call."""

    tables: tuple[TableReport, ...]
    folders: tuple[FolderReport, ...]
    seconds: float
    dry_run: bool = False
    strays: tuple[str, ...] = ()
    """Paths that would be removed; only in a dry run."""
    query_days: int = 0
    """Days of the ledger of queries that were removed, or would be."""

    @property
    def did_nothing(self) -> bool:
        """Whether everything was within its budget."""
        return not (self.query_days or any(table.is_changed for table in self.tables) or any(folder.files for folder in self.folders))

    def summary(self) -> list[str]:
        """Closing lines for a person."""
        left = [f"{table.name}: left alone, {table.left}." for table in self.tables if table.left]
        if self.did_nothing:
            return [*left, f"Nothing to do: {_count(len(self.tables), 'table', 'tables')} within the budget ({self.seconds:.1f} s)."]
        lines = [_line(table, self.dry_run) for table in self.tables if table.is_changed]
        lines += [f"  would remove {path}" for path in self.strays]
        files, size = sum(folder.files for folder in self.folders), sum(folder.bytes for folder in self.folders)
        verb = "would be removed" if self.dry_run else "removed"
        lines.append(f"{_count(files, 'file', 'files')} that nothing refers to {verb} ({_size(size)}).")
        if self.query_days:
            lines.append(f"{_count(self.query_days, 'day', 'days')} of the ledger of queries {verb}.")
        expired, merged = sum(table.expired for table in self.tables), sum(table.merged for table in self.tables)
        closing = "Dry run: nothing was changed" if self.dry_run else "Done"
        return [
            *left,
            *lines,
            f"{closing}: {_count(merged, 'small file', 'small files')} merged, {_count(expired, 'snapshot', 'snapshots')} forgotten"
            f" in {_count(len(self.tables), 'table', 'tables')} ({self.seconds:.1f} s).",
        ]

    def as_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "schema_version": 1,
            "dry_run": self.dry_run,
            "tables": [
                {
                    "table": table.name,
                    "files_before": table.files_before,
                    "files_after": table.files_after,
                    "merged": table.merged,
                    "snapshots": table.snapshots,
                    "expired": table.expired,
                    "branches_dropped": table.branches,
                    "left": table.left or None,
                }
                for table in self.tables
            ],
            "removed": [{"folder": folder.folder, "files": folder.files, "bytes": folder.bytes} for folder in self.folders if folder.files],
            "query_days_removed": self.query_days,
            "strays": list(self.strays),
            "seconds": round(self.seconds, 3),
        }


def planned(plan: MaintenancePlan, seconds: float) -> MaintenanceReport:
    """What a plan would do."""
    folders = tuple(FolderReport(work.folder, len(work.strays), work.bytes) for work in plan.folders)
    strays = tuple(stray.path for work in plan.folders for stray in work.strays)
    return MaintenanceReport(tuple(table_report(work) for work in plan.tables), folders, seconds, dry_run=True, strays=strays)


def table_report(work: TableWork, files_after: int | None = None) -> TableReport:
    """What was done with a table; `files_after` is worked out from the plan where it was not counted."""
    merged = sum(len(merge.files) for merge in work.merges)
    after = work.files - merged + len(work.merges) if files_after is None else files_after
    return TableReport(work.name, work.files, after, merged, work.snapshots, len(work.expire), len(work.branches), work.left)


def _line(table: TableReport, dry_run: bool) -> str:
    would = "would " if dry_run else ""
    parts = []
    if table.merged:
        parts.append(
            f"{would}{'merge' if dry_run else 'merged'} {table.merged} small files ({table.files_before} files, {table.files_after} after)"
        )
    if table.expired:
        parts.append(f"{would}{'forget' if dry_run else 'forgot'} {table.expired} of {table.snapshots} snapshots")
    if table.branches:
        parts.append(
            f"{would}{'drop' if dry_run else 'dropped'} {_count(table.branches, 'branch of a run that was cut off', 'branches of runs that were cut off')}"
        )
    return f"{table.name}: {', '.join(parts)}."


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _size(count: int) -> str:
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} bytes"
