"""Brings one batch from the landing zone into the lake: sorts its records, then commits bronze and quarantine.

Used by `landing.py` for new batches, for those that were cut off, and for refused files that get another chance. Doing it twice
changes nothing: the snapshot of bronze names the batch, and a commit that is already there is not made again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.engines.duckdb import literal, quoted
from jobs.errors import JobError
from jobs.land.judging import Judging
from jobs.land.lake_tables import BATCH, PLACE, REPORTS, bronze_spec, quarantine_spec
from jobs.land.manifest import read_reports, reports_json
from jobs.land.repeats import find_repeats
from jobs.land.report import Counts, FileReport, Restated, Verdict
from jobs.land.snapshot import restate
from jobs.land.workbench import PLACE as PLACE_NUMBER
from jobs.land.workbench import REPEATED, Workbench
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.engines.duckdb import DuckDb
    from jobs.land.manifest import Manifest
    from jobs.land.report import Fault
    from jobs.land.store import Landing
    from jobs.table import Snapshot, Tables, TableSpec
    from metrics_catalog.source import Source


@dataclass(frozen=True, slots=True)
class BatchWork:
    """One batch and what is needed to bring it in."""

    manifest: Manifest
    landing: Landing
    tables: Tables
    engine: DuckDb

    @property
    def source(self) -> Source:
        return self.landing.source

    def bring_in(self, advance: Callable[[int], None]) -> tuple[FileReport, ...]:
        """Sort and commit; returns one report an object, in order, and closes the batch."""
        before = self._committed(bronze_spec(self.source).name)
        reports = self._sorted(advance) if before is None else read_reports(before.summary[REPORTS], self.manifest.batch)
        self.landing.finish(self.manifest.judged(reports, self.source))
        return reports

    def _sorted(self, advance: Callable[[int], None]) -> tuple[FileReport, ...]:
        keys = [self.landing.key(self.manifest.batch, landed.object) for landed in self.manifest.objects]
        bronze = bronze_spec(self.source)
        head = self.tables.snapshot(bronze.name)
        with Workbench(self.engine, self.source) as bench:
            judging = Judging(bench, self.landing.objects, keys, advance)
            judging.run()
            find_repeats(bench, self.tables, bronze.name)
            reports = self._reports(bench, judging.faults)
            good = [report for report in reports if not report.refused_whole]
            if not good:
                return reports
            if self.source.delivery == "snapshot":
                restated = restate(bench, self.tables, bronze.name, self.manifest)
                reports = tuple(self._restated(report, restated) for report in reports)
            self._commit(bench, reports, head)
        return reports

    def _commit(self, bench: Workbench, reports: Sequence[FileReport], head: Snapshot | None) -> None:
        """Quarantine first: where a catalog cannot move both at once, no accepted record is ever without its refused neighbours."""
        bronze, quarantine = bronze_spec(self.source), quarantine_spec(self.source)
        total = sum((report.counts for report in reports), Counts())
        accepted = self._written(bench, bronze, self._bronze_sql(bench, bronze), total.accepted)
        refused = self._written(bench, quarantine, self._quarantine_sql(bench), total.refused)
        reached("land_written")
        summary = {BATCH: self.manifest.batch}
        again = self._committed(quarantine.name)
        removed = [] if again is None else self._files_of(quarantine.name, again)
        changes = []
        if refused or removed:
            changes.append(Commit(quarantine.name, refused, removed, summary=summary, spec=quarantine, check_parent=False))
        whole = self.source.delivery == "snapshot"
        if accepted or whole:
            told = {**summary, REPORTS: reports_json(reports)}
            parent = head.id if head else None
            changes.append(Commit(bronze.name, accepted, replace_all=whole, summary=told, spec=bronze, parent=parent))
        self.tables.commit_all(changes)
        reached("land_committed")

    def _written(self, bench: Workbench, spec: TableSpec, sql: str, expected: int) -> list[str]:
        """Data files with the rows of a query, not committed; exactly so many rows are expected."""
        if not expected:
            return []
        shape = self.tables.shape(spec, replacing=self.source.delivery == "snapshot" and spec.name.startswith("bronze."))
        extra = [column for column in shape.columns if column.name not in {known.name for known in spec.columns}]
        gone = "".join(f", NULL AS {quoted(column.name)}" for column in extra)  # columns that the contract no longer has
        folder = f"{self.tables.data_folder(spec.name)}/{self.manifest.batch}-{uuid.uuid4().hex[:8]}"
        files = bench.engine.write(f"SELECT *{gone} FROM ({sql})", folder, shape.columns, shape.partition)
        if (rows := sum(file.rows for file in files)) != expected:
            raise _lawless(self.source.source, f"{expected:,} rows were expected for `{spec.name}`, {rows:,} were written")
        return [file.path for file in files]

    def _bronze_sql(self, bench: Workbench, spec: TableSpec) -> str:
        columns = ", ".join(quoted(column.name) for column in spec.columns if column not in PLACE)
        return f"SELECT {columns}, {self._place(PLACE_NUMBER, '_record')} FROM {bench.accepted}"

    def _quarantine_sql(self, bench: Workbench) -> str:
        encoding = "CASE WHEN bytes IS NOT NULL THEN 'base64' WHEN is_parquet THEN 'json' ELSE 'text' END"
        content = "CASE WHEN bytes IS NOT NULL THEN to_base64(bytes) ELSE line END"
        received = f"{literal(self.manifest.received_at.isoformat())}::TIMESTAMPTZ"
        parquet = "ends_with(object_name, '.parquet')"
        told = f"reason, field, detail, {content} AS content, {encoding} AS content_encoding"
        placed = f"SELECT *, {self._name('object')} AS object_name FROM {bench.refused}"
        return (
            f"SELECT {self._place('object', 'record')}, {told}, {received} AS landed_at, {literal(self.source.version)} AS contract_version "
            f"FROM (SELECT *, {parquet} AS is_parquet FROM ({placed}))"
        )

    def _place(self, number: str, record: str) -> str:
        return f"{literal(self.manifest.batch)} AS _batch_id, {self._name(number)} AS _object, {record} AS _record"

    def _name(self, number: str) -> str:
        names = ", ".join(literal(landed.object) for landed in self.manifest.objects)
        return f"[{names}][{number} + 1]"

    def _reports(self, bench: Workbench, faults: Mapping[int, Fault]) -> tuple[FileReport, ...]:
        """One report an object, from the tables of the workbench; what the readers counted must come out again."""
        sound = _by_object(bench, bench.sound)
        repeated = _by_object(bench, REPEATED)
        reasons: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
        counted = f"SELECT object, reason, field, count(*) AS times FROM {bench.refused} GROUP BY ALL ORDER BY times DESC, reason, field"
        for number, reason, field, count in bench.engine.rows(counted):
            reasons[number][reason, field or ""] = count
        reports = []
        for number, landed in enumerate(self.manifest.objects):
            place = (landed.name, self.manifest.batch, landed.object)
            if number in faults:
                reports.append(FileReport(*place, Verdict.REFUSED, fault=faults[number]))
                continue
            again = repeated.get(number, 0)
            received = bench.heard.records.get(number, 0)
            counts = Counts(received, sound.get(number, 0) - again, again, sum(reasons[number].values()))
            if not counts.lawful:
                raise _lawless(
                    self.source.source, f"`{landed.name}`: {counts.accepted} + {counts.repeated} + {counts.refused} is not {received}"
                )
            reports.append(FileReport(*place, Verdict.LANDED, counts, reasons[number]))
        return tuple(reports)

    def _restated(self, report: FileReport, restated: Restated | None) -> FileReport:
        return report if report.refused_whole else replace(report, restated=restated)

    def _committed(self, table: str) -> Snapshot | None:
        """The snapshot by which this batch came into a table, or None."""
        return next((snapshot for snapshot in self.tables.snapshots(table) if snapshot.summary.get(BATCH) == self.manifest.batch), None)

    def _files_of(self, table: str, snapshot: Snapshot) -> list[str]:
        """Files that a snapshot added and that are still there."""
        return [file.path for file in self.tables.files_added(table, since=snapshot.parent_id, until=snapshot.id)]


def _by_object(bench: Workbench, relation: str) -> dict[int, int]:
    return dict(bench.engine.rows(f"SELECT {PLACE_NUMBER}, count(*) FROM {relation} GROUP BY 1"))


def _lawless(source: str, told: str) -> JobError:
    return JobError(
        f"The records of `{source}` do not add up, so nothing was committed ({told}).",
        hint="this is a fault of Ringi: keep the files and report it. More: ringi explain RNG-JOB-011",
    )
