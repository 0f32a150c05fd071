"""Which Parquet files a snapshot holds, from its manifests, as the port's `DataFile`s."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import ManifestContent, ManifestEntry
from pyiceberg.table import ManifestGroupPlanner, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Snapshot

from infra.errors import InfraError
from infra.tables.data_files import Described
from infra.tables.days import rows_on
from jobs.table import DataFile, Days

REWRITTEN_THROUGH = "ringi.rewritten-through"
"""In the summary of a compaction: the highest sequence number among the files that it merged."""

ALL = AlwaysTrue()


@dataclass(frozen=True, slots=True)
class Fresh:
    """Snapshots that brought rows since another one, and that one's sequence number: manifests up to it name no file of theirs."""

    snapshots: frozenset[int]
    after: int


def entries(table: Table, snapshot: Snapshot, rows: BooleanExpression = ALL, after: int = -1) -> Iterator[ManifestEntry]:
    """Live entries of files that may hold such rows, from manifests written after a sequence number; no other manifest is opened.

    Row deletes of another engine are refused: they would be ignored silently.
    """
    manifests = snapshot.manifests(table.io)
    for manifest in manifests:
        if manifest.content is ManifestContent.DELETES and (manifest.existing_files_count or manifest.added_files_count):
            name = ".".join(table.name())
            raise InfraError(
                f"Table `{name}` has row deletes written by another engine, which Ringi does not read.",
                hint="compact the table with that engine (rewrite its data files), then run again. More: ringi explain RNG-INF-008",
            )
    planner = ManifestGroupPlanner(table.metadata, table.io, rows, options={"include_empty_files": "true"})
    wanted = [each for each in manifests if each.content is ManifestContent.DATA and each.sequence_number > after]
    return chain.from_iterable(planner.plan_manifest_entries(wanted))


def files(table: Table, snapshot: Snapshot, *, fresh: Fresh | None = None, on: Days | None = None) -> tuple[DataFile, ...]:
    """Data files of a snapshot, by path: those that entered since another one, those that may hold rows of these days."""
    live = entries(table, snapshot, ALL if on is None else rows_on(on, table.schema()), -1 if fresh is None else fresh.after)
    described = Described(table)
    found = (described(entry.data_file) for entry in live if fresh is None or entry.snapshot_id in fresh.snapshots)
    return tuple(sorted(found, key=lambda file: file.path))


def newer(metadata: TableMetadata, since: int, until: int) -> Fresh | None:
    """Snapshots after `since` up to `until` that brought rows (not compactions), or None when they share no history."""
    known = metadata.snapshot_by_id(since)
    found: list[int] = []
    for snapshot in lineage(metadata, until):
        if snapshot.snapshot_id == since:
            return Fresh(frozenset(found), snapshot.sequence_number or -1)  # format 1 numbers nothing
        if known is None or _brought_rows(snapshot, known):
            found.append(snapshot.snapshot_id)
    return None


def _brought_rows(snapshot: Snapshot, known: Snapshot) -> bool:
    """Whether a snapshot holds rows that came after another: not a compaction, or one that merged later files."""
    if snapshot.summary is None or snapshot.summary.operation is not Operation.REPLACE:
        return True
    through = snapshot.summary.additional_properties.get(REWRITTEN_THROUGH)
    return through is not None and int(through) > (known.sequence_number or 0)


def lineage(metadata: TableMetadata, snapshot_id: int) -> Iterable[Snapshot]:
    """A snapshot and its ancestors that are still kept."""
    current = metadata.snapshot_by_id(snapshot_id)
    while current is not None:
        yield current
        parent = current.parent_snapshot_id
        current = None if parent is None else metadata.snapshot_by_id(parent)
