"""Brings one batch from the landing zone into the lake: has its records sorted, then commits bronze and quarantine.

Used by `landing.py` for new batches, for those that were cut off, and for refused files that get another chance. Doing it twice
changes nothing: the snapshot of bronze names the batch, and a commit that is already there is not made again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.errors import JobError
from jobs.land.lake_tables import BATCH, REPORTS
from jobs.land.manifest import read_reports, reports_json
from jobs.land.report import Counts, FileReport, Verdict
from jobs.land.scrub import forget_note, is_scrubbed, note_withheld, withheld_from
from jobs.land.sorting import Batch
from jobs.land.suppression import Suppressed
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.engine import Written
    from jobs.land.manifest import Landed, Manifest
    from jobs.land.sorting import Sorted, Sorting
    from jobs.land.store import Landing
    from jobs.land.tally import Tally
    from jobs.table import Snapshot, Tables, TableSpec


@dataclass(frozen=True, slots=True)
class BatchWork:
    """One batch and what is needed to bring it in; `told` goes into the summaries of its snapshots, `suppressed` is who must be kept out."""

    manifest: Manifest
    landing: Landing
    tables: Tables
    sorting: Sorting
    told: Mapping[str, str] = field(default_factory=dict)
    suppressed: Suppressed = field(default_factory=Suppressed)

    @property
    def batch(self) -> Batch:
        return Batch(self.landing.source, self.manifest, self.landing.objects, self.suppressed)

    def bring_in(self, advance: Callable[[int], None]) -> tuple[FileReport, ...]:
        """Sort and commit; returns one report an object, in order, and closes the batch."""
        before = self._committed(self.batch.bronze.name)
        if is_scrubbed(self.landing, self.manifest):  # its objects hold less than what was judged
            reports = tuple(landed.report for landed in self.manifest.objects if landed.report is not None)
        else:
            reports = self._sorted(advance) if before is None else read_reports(before.summary[REPORTS], self.manifest.batch)
        judged = self.manifest.judged(reports, self.landing.source)
        self.landing.finish(withheld_from(self.landing, judged, self.suppressed))
        forget_note(self.landing, judged)
        return reports

    def _sorted(self, advance: Callable[[int], None]) -> tuple[FileReport, ...]:
        batch = self.batch
        head = self.tables.snapshot(batch.bronze.name)
        with self.sorting.sort(batch, self.tables, advance) as found:
            reports = tuple(self._report(number, landed, found) for number, landed in enumerate(self.manifest.objects))
            note_withheld(self.landing, self.manifest, found.withheld)
            if all(report.refused_whole for report in reports):
                return reports
            if batch.source.delivery == "snapshot":
                restated = found.restate()
                reports = tuple(report if report.refused_whole else replace(report, restated=restated) for report in reports)
            self._commit(batch, found, reports, head)
        return reports

    def _report(self, number: int, landed: Landed, found: Sorted) -> FileReport:
        """The report of an object; what the readers counted must come out again."""
        tally: Tally = found.tallies[number]
        place = (landed.name, self.manifest.batch, landed.object)
        if tally.fault is not None:
            return FileReport(*place, Verdict.REFUSED, fault=tally.fault)
        again = found.repeated.get(number, 0)
        counts = Counts(tally.received, tally.sound - again, again, tally.refused)
        if not counts.lawful:
            added = f"{counts.accepted} + {counts.repeated} + {counts.refused}"
            raise _lawless(self.manifest.source, f"`{landed.name}`: {added} is not {tally.received}")
        return FileReport(*place, Verdict.LANDED, counts, tally.reasons)

    def _commit(self, batch: Batch, found: Sorted, reports: Sequence[FileReport], head: Snapshot | None) -> None:
        """Quarantine first: where a catalog cannot move both at once, no accepted record is ever without its refused neighbours."""
        bronze, quarantine = batch.bronze, batch.quarantine
        total = sum((report.counts for report in reports), Counts())
        whole = batch.source.delivery == "snapshot"
        accepted = self._written(found.write_accepted, self.tables.shape(bronze, replacing=whole), total.accepted)
        refused = self._written(found.write_refused, self.tables.shape(quarantine), total.refused)
        reached("land_written")
        summary = {BATCH: self.manifest.batch, **self.told}
        again = self._committed(quarantine.name)
        removed = [] if again is None else self._files_of(quarantine.name, again)
        changes = []
        if refused or removed:
            changes.append(Commit(quarantine.name, refused, removed, summary=summary, spec=quarantine, check_parent=False))
        if accepted or whole:
            told = {**summary, REPORTS: reports_json(reports)}
            parent = head.id if head else None
            changes.append(Commit(bronze.name, accepted, replace_all=whole, summary=told, spec=bronze, parent=parent))
        self.tables.commit_all(changes)
        reached("land_committed")

    def _written(self, write: Callable[[TableSpec, str], Sequence[Written]], shape: TableSpec, expected: int) -> list[str]:
        """Data files of a table, not committed; exactly so many rows are expected."""
        if not expected:
            return []
        folder = f"{self.tables.data_folder(shape.name)}/{self.manifest.batch}-{uuid.uuid4().hex[:8]}"
        files = write(shape, folder)
        if (rows := sum(file.rows for file in files)) != expected:
            raise _lawless(self.manifest.source, f"{expected:,} rows were expected for `{shape.name}`, {rows:,} were written")
        return [file.path for file in files]

    def _committed(self, table: str) -> Snapshot | None:
        """The snapshot by which this batch came into a table, or None."""
        return next((snapshot for snapshot in self.tables.snapshots(table) if snapshot.summary.get(BATCH) == self.manifest.batch), None)

    def _files_of(self, table: str, snapshot: Snapshot) -> list[str]:
        """Files that a snapshot added and that are still there."""
        return [file.path for file in self.tables.files_added(table, since=snapshot.parent_id, until=snapshot.id)]


def _lawless(source: str, told: str) -> JobError:
    return JobError(
        f"The records of `{source}` do not add up, so nothing was committed ({told}).",
        hint="this is a fault of Ringi: keep the files and report it. More: ringi explain RNG-JOB-011",
    )
