"""Which Parquet files a snapshot holds, from its manifests, as the port's `DataFile`s."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import ManifestContent, ManifestEntry
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Snapshot
from pyiceberg.types import DateType, TimestamptzType

from infra.errors import InfraError
from jobs.table import DataFile

REWRITTEN_THROUGH = "ringi.rewritten-through"
"""In the summary of a compaction: the highest sequence number among the files that it merged."""

EPOCH = dt.date(1970, 1, 1)
EPOCH_TIME = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def entries(table: Table, snapshot: Snapshot) -> Iterator[ManifestEntry]:
    """Live entries of a snapshot. Row deletes of another engine are refused: they would be ignored silently."""
    for manifest in snapshot.manifests(table.io):
        if manifest.content is ManifestContent.DELETES and (manifest.existing_files_count or manifest.added_files_count):
            name = ".".join(table.name())
            raise InfraError(
                f"Table `{name}` has row deletes written by another engine, which Ringi does not read.",
                hint="compact the table with that engine (rewrite its data files), then run again. More: ringi explain RNG-INF-008",
            )
        if manifest.content is ManifestContent.DATA:
            yield from manifest.fetch_manifest_entry(table.io, discard_deleted=True)


def files(table: Table, snapshot: Snapshot, only: frozenset[int] | None = None) -> tuple[DataFile, ...]:
    """Data files of a snapshot, by path; `only` keeps those that entered with one of these snapshots."""
    found = (data_file(entry.data_file, table) for entry in entries(table, snapshot) if only is None or entry.snapshot_id in only)
    return tuple(sorted(found, key=lambda file: file.path))


def newer(metadata: TableMetadata, since: int, until: int) -> frozenset[int] | None:
    """Snapshots after `since` up to `until` that brought rows (not compactions), or None when they share no history."""
    known = metadata.snapshot_by_id(since)
    found: list[int] = []
    for snapshot in lineage(metadata, until):
        if snapshot.snapshot_id == since:
            return frozenset(found)
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


def data_file(file: IcebergFile, table: Table) -> DataFile:
    spec = table.specs()[file.spec_id]
    kinds = (table.schema().find_type(field.source_id) for field in spec.fields)
    partition = tuple(
        _period(str(field.transform), kind, file.partition[place])
        for place, (field, kind) in enumerate(zip(spec.fields, kinds, strict=True))
    )
    schema = table.schema()
    path, bounds, sizes = path_of(file.file_path), _bounds(file, schema), file.column_sizes or {}
    column_bytes = {field.name: sizes[field.field_id] for field in schema.fields if field.field_id in sizes}
    return DataFile(path, file.record_count, file.file_size_in_bytes, partition, bounds, column_bytes)


def path_of(location: str) -> str:
    """How an engine opens a location: a plain path for local files."""
    return location.removeprefix("file://") if location.startswith("file:///") else location.removeprefix("file:")


def _bounds(file: IcebergFile, schema: Schema) -> Mapping[str, tuple[object, object]]:
    lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
    named = ((field, lower.get(field.field_id), upper.get(field.field_id)) for field in schema.fields)
    return {
        field.name: (_value(field.field_type, low), _value(field.field_type, high))
        for field, low, high in named
        if low is not None and high is not None
    }


def _value(kind: Any, raw: bytes) -> object:
    value: Any = from_bytes(kind, raw)
    if isinstance(kind, DateType):
        return EPOCH + dt.timedelta(days=value)
    if isinstance(kind, TimestamptzType):
        return EPOCH_TIME + dt.timedelta(microseconds=value)
    return value


def _period(transform: str, kind: Any, value: Any) -> object:
    """A partition value as people know it; Iceberg counts days and months from 1970."""
    if value is None or isinstance(value, dt.date):
        return value
    if transform == "month":
        return dt.date(1970 + value // 12, value % 12 + 1, 1)
    if transform == "day" or isinstance(kind, DateType):
        return EPOCH + dt.timedelta(days=value)
    return EPOCH_TIME + dt.timedelta(microseconds=value) if isinstance(kind, TimestamptzType) else value
