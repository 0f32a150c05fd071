"""Manifests and manifest lists: which data files a snapshot holds, read from and written to Avro.

Rows are dicts in Iceberg's own field names. Pure functions over bytes; the adapter gives and takes the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.iceberg import avro, values
from jobs.table import DataFile, PartitionField, TableColumn
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]

EXISTING, ADDED, DELETED = 0, 1, 2
DATA = 0
PARTITION_AVRO: dict[ColumnType, Any] = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "long",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DOUBLE: "double",
    ColumnType.DATE: {"type": "int", "logicalType": "date"},
    ColumnType.TIMESTAMP: {"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": True},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a manifest must know about its table: schema and partition spec, as JSON and as values."""

    schema: Json
    columns: tuple[TableColumn, ...]
    spec_id: int
    spec_fields: tuple[Json, ...]
    partition: tuple[PartitionField, ...]

    def kind(self, field: PartitionField) -> ColumnType:
        """The type of the column that a partition field is made from."""
        return next(column.type for column in self.columns if column.name == field.column)


def read_list(data: bytes) -> list[Json]:
    """Manifests of a snapshot."""
    return avro.read(data)[0]


def read_entries(data: bytes, manifest: Json) -> list[Json]:
    """Entries of a manifest, with the snapshot and sequence numbers that they inherit from it filled in."""
    records, _ = avro.read(data)
    for entry in records:
        if entry["snapshot_id"] is None:
            entry["snapshot_id"] = manifest["added_snapshot_id"]
        for name in ("sequence_number", "file_sequence_number"):
            if entry.get(name) is None:
                entry[name] = manifest.get("sequence_number", 0) if entry["status"] == ADDED else 0
    return records


def data_file(entry: Json, layout: Layout, local_path: str) -> DataFile:
    """The port's value of an entry."""
    held = entry["data_file"]
    stored = tuple(held["partition"].values())
    partition = tuple(
        values.period_from_plain(field.transform, layout.kind(field), value) for field, value in zip(layout.partition, stored, strict=True)
    )
    return DataFile(local_path, held["record_count"], held["file_size_in_bytes"], partition, _bounds(held, layout.columns))


def write_manifest(entries: Sequence[Json], layout: Layout) -> bytes:
    """A manifest's bytes."""
    metadata = {
        "schema": json.dumps(layout.schema),
        "schema-id": str(layout.schema["schema-id"]),
        "partition-spec": json.dumps(list(layout.spec_fields)),
        "partition-spec-id": str(layout.spec_id),
        "format-version": "2",
        "content": "data",
    }
    return avro.write(_entry_schema(layout), entries, metadata)


def manifest_json(path: str, size: int, entries: Sequence[Json], layout: Layout, snapshot_id: int, sequence: int) -> Json:
    """The line of a manifest list that describes a manifest just written."""
    count: dict[int, int] = {EXISTING: 0, ADDED: 0, DELETED: 0}
    rows = dict(count)
    for entry in entries:
        count[entry["status"]] += 1
        rows[entry["status"]] += entry["data_file"]["record_count"]
    live = [entry["sequence_number"] for entry in entries if entry["status"] == EXISTING]
    return {
        "manifest_path": path,
        "manifest_length": size,
        "partition_spec_id": layout.spec_id,
        "content": DATA,
        "sequence_number": sequence,
        "min_sequence_number": min(live, default=sequence),
        "added_snapshot_id": snapshot_id,
        "added_files_count": count[ADDED],
        "existing_files_count": count[EXISTING],
        "deleted_files_count": count[DELETED],
        "added_rows_count": rows[ADDED],
        "existing_rows_count": rows[EXISTING],
        "deleted_rows_count": rows[DELETED],
        "partitions": _partition_summaries(entries, layout),
        "key_metadata": None,
    }


def write_list(manifests: Iterable[Json], snapshot_id: int, parent_id: int | None, sequence: int) -> bytes:
    """A manifest list's bytes."""
    metadata = {
        "snapshot-id": str(snapshot_id),
        "parent-snapshot-id": "null" if parent_id is None else str(parent_id),
        "sequence-number": str(sequence),
        "format-version": "2",
    }
    names = [field["name"] for field in _LIST_SCHEMA["fields"]]
    return avro.write(_LIST_SCHEMA, [{name: manifest.get(name) for name in names} for manifest in manifests], metadata)


def _bounds(held: Json, columns: Sequence[TableColumn]) -> dict[str, tuple[object, object]]:
    lower, upper = held.get("lower_bounds") or {}, held.get("upper_bounds") or {}
    return {
        column.name: (values.from_bytes(column.type, lower[column.id]), values.from_bytes(column.type, upper[column.id]))
        for column in columns
        if column.type in values.BOUNDED and column.id in lower and column.id in upper
    }


def _partition_summaries(entries: Sequence[Json], layout: Layout) -> list[Json]:
    summaries = []
    for number, field in enumerate(layout.partition):
        found = [tuple(entry["data_file"]["partition"].values())[number] for entry in entries]
        known = [value for value in found if value is not None]
        kind = layout.kind(field) if field.transform == "identity" else ColumnType.DATE
        summary: Json = {"contains_null": len(known) < len(found), "contains_nan": False, "lower_bound": None, "upper_bound": None}
        if known and kind in values.BOUNDED:
            summary |= {"lower_bound": _plain_bytes(kind, min(known)), "upper_bound": _plain_bytes(kind, max(known))}
        summaries.append(summary)
    return summaries


def _plain_bytes(kind: ColumnType, value: Any) -> bytes:
    """A stored partition value as a bound; days and months are 32-bit integers alike."""
    return values.to_bytes(kind, values.from_plain(kind, value))


def _field(number: int, name: str, kind: Any, *, optional: bool = False) -> Json:
    field: Json = {"name": name, "type": ["null", kind] if optional else kind, "field-id": number}
    return {**field, "default": None} if optional else field


def _map(key: int, value: int, kind: str) -> Json:
    pair = {"type": "record", "name": f"k{key}_v{value}", "fields": [_field(key, "key", "int"), _field(value, "value", kind)]}
    return {"type": "array", "logicalType": "map", "items": pair}


def _entry_schema(layout: Layout) -> Json:
    """The Avro schema of a manifest entry; field ids are those of the Iceberg specification."""
    partition = [
        _field(stored["field-id"], stored["name"], _partition_type(field, layout), optional=True)
        for stored, field in zip(layout.spec_fields, layout.partition, strict=True)
    ]
    data = [
        _field(134, "content", "int"),
        _field(100, "file_path", "string"),
        _field(101, "file_format", "string"),
        _field(102, "partition", {"type": "record", "name": "r102", "fields": partition}),
        _field(103, "record_count", "long"),
        _field(104, "file_size_in_bytes", "long"),
        _field(108, "column_sizes", _map(117, 118, "long"), optional=True),
        _field(109, "value_counts", _map(119, 120, "long"), optional=True),
        _field(110, "null_value_counts", _map(121, 122, "long"), optional=True),
        _field(137, "nan_value_counts", _map(138, 139, "long"), optional=True),
        _field(125, "lower_bounds", _map(126, 127, "bytes"), optional=True),
        _field(128, "upper_bounds", _map(129, 130, "bytes"), optional=True),
        _field(131, "key_metadata", "bytes", optional=True),
        _field(132, "split_offsets", {"type": "array", "items": "long", "element-id": 133}, optional=True),
        _field(135, "equality_ids", {"type": "array", "items": "int", "element-id": 136}, optional=True),
        _field(140, "sort_order_id", "int", optional=True),
    ]
    entry = [
        _field(0, "status", "int"),
        _field(1, "snapshot_id", "long", optional=True),
        _field(3, "sequence_number", "long", optional=True),
        _field(4, "file_sequence_number", "long", optional=True),
        _field(2, "data_file", {"type": "record", "name": "r2", "fields": data}),
    ]
    return {"type": "record", "name": "manifest_entry", "fields": entry}


def _partition_type(field: PartitionField, layout: Layout) -> Any:
    if field.transform == "identity":
        return PARTITION_AVRO[layout.kind(field)]
    return PARTITION_AVRO[ColumnType.DATE] if field.transform == "day" else "int"


_SUMMARY = {
    "type": "record",
    "name": "r508",
    "fields": [
        _field(509, "contains_null", "boolean"),
        _field(518, "contains_nan", "boolean", optional=True),
        _field(510, "lower_bound", "bytes", optional=True),
        _field(511, "upper_bound", "bytes", optional=True),
    ],
}
_LIST_SCHEMA: Json = {
    "type": "record",
    "name": "manifest_file",
    "fields": [
        _field(500, "manifest_path", "string"),
        _field(501, "manifest_length", "long"),
        _field(502, "partition_spec_id", "int"),
        _field(517, "content", "int"),
        _field(515, "sequence_number", "long"),
        _field(516, "min_sequence_number", "long"),
        _field(503, "added_snapshot_id", "long"),
        _field(504, "added_files_count", "int"),
        _field(505, "existing_files_count", "int"),
        _field(506, "deleted_files_count", "int"),
        _field(512, "added_rows_count", "long"),
        _field(513, "existing_rows_count", "long"),
        _field(514, "deleted_rows_count", "long"),
        _field(507, "partitions", {"type": "array", "items": _SUMMARY, "element-id": 508}, optional=True),
        _field(519, "key_metadata", "bytes", optional=True),
    ],
}
