"""Table metadata (format 2) as JSON: how a table begins, and how a commit, a branch or a column changes it.

Every function takes metadata and returns new metadata; nothing is changed in place. Used by the adapters that move a table's
pointer from one metadata file to the next.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.errors import InfraError
from infra.iceberg import schema as schemas
from jobs.table import MAIN, Snapshot, TableColumn, TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

PROPERTIES: Mapping[str, str] = {
    "write.format.default": "parquet",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "commit.retry.num-retries": "8",
}
"""What every table of the lake says about itself, so that other engines write it alike."""

PREVIOUS_KEPT = int(PROPERTIES["write.metadata.previous-versions-max"])


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """One snapshot to be added: its manifest list and what it says about itself."""

    id: int
    parent_id: int | None
    manifest_list: str
    summary: Mapping[str, str]
    millis: int


def new_table(spec: TableSpec, location: str, millis: int) -> Json:
    """Metadata of an empty table; field ids are given here."""
    columns = schemas.numbered(spec.columns)
    partition = schemas.partition_json(spec.partition, columns)
    order = schemas.sort_json(spec.sort, columns)
    return {
        "format-version": 2,
        "table-uuid": str(uuid.uuid4()),
        "location": location,
        "last-sequence-number": 0,
        "last-updated-ms": millis,
        "last-column-id": len(columns),
        "schemas": [schemas.schema_json(columns)],
        "current-schema-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": partition}],
        "default-spec-id": 0,
        "last-partition-id": schemas.FIRST_PARTITION_ID + len(partition) - 1,
        "properties": {**PROPERTIES, **spec.properties},
        "current-snapshot-id": None,
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
        "sort-orders": [order],
        "default-sort-order-id": order["order-id"],
        "refs": {},
        "statistics": [],
        "partition-statistics": [],
    }


def columns_of(metadata: Json, table: str) -> tuple[TableColumn, ...]:
    """Columns of the present schema."""
    return schemas.columns_of(current_schema(metadata), table)


def current_schema(metadata: Json) -> Json:
    """The present schema's JSON."""
    current = metadata["current-schema-id"]
    return next(schema for schema in metadata["schemas"] if schema["schema-id"] == current)


def partition_spec(metadata: Json, spec_id: int | None = None) -> Json:
    """A partition spec's JSON; the present one by default."""
    wanted = metadata["default-spec-id"] if spec_id is None else spec_id
    return next(spec for spec in metadata["partition-specs"] if spec["spec-id"] == wanted)


def spec_of(metadata: Json, table: str) -> TableSpec:
    """The shape of a table, with field ids."""
    columns = columns_of(metadata, table)
    names = {column.id: column.name for column in columns}
    order: Json = next((o for o in metadata["sort-orders"] if o["order-id"] == metadata["default-sort-order-id"]), {"fields": []})
    return TableSpec(
        name=table,
        columns=columns,
        partition=schemas.partition_of(partition_spec(metadata)["fields"], columns, table),
        sort=tuple(names[field["source-id"]] for field in order["fields"]),
        properties=metadata.get("properties", {}),
    )


def head(metadata: Json, branch: str) -> int | None:
    """Snapshot id at the head of a branch; `main` of an empty table has none."""
    ref = metadata.get("refs", {}).get(branch)
    if ref is not None:
        return int(ref["snapshot-id"])
    current = metadata.get("current-snapshot-id")
    return current if branch == MAIN and current not in (None, -1) else None


def snapshot_json(metadata: Json, snapshot_id: int, table: str) -> Json:
    """One snapshot's JSON; a snapshot that is no longer kept is an error."""
    for snapshot in metadata.get("snapshots", []):
        if snapshot["snapshot-id"] == snapshot_id:
            return dict(snapshot)
    raise InfraError(f"Snapshot {snapshot_id} of table `{table}` is no longer kept.", hint="run again: the work starts from what is there.")


def snapshot_of(entry: Json) -> Snapshot:
    """The port's value of a snapshot's JSON."""
    at = dt.datetime.fromtimestamp(entry["timestamp-ms"] / 1000, dt.UTC)
    return Snapshot(entry["snapshot-id"], entry.get("parent-snapshot-id"), at, entry.get("summary", {}))


def lineage(metadata: Json, until: int) -> list[Json]:
    """Snapshots from `until` back to the oldest kept ancestor."""
    by_id = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", [])}
    found, cursor = [], by_id.get(until)
    while cursor is not None:
        found.append(cursor)
        cursor = by_id.get(cursor.get("parent-snapshot-id"))
    return found


def with_snapshot(metadata: Json, new: NewSnapshot, branch: str) -> Json:
    """Metadata after a commit to a branch."""
    sequence = metadata["last-sequence-number"] + 1
    entry = {
        "snapshot-id": new.id,
        "sequence-number": sequence,
        "timestamp-ms": new.millis,
        "manifest-list": new.manifest_list,
        "summary": dict(new.summary),
        "schema-id": metadata["current-schema-id"],
    }
    if new.parent_id is not None:
        entry["parent-snapshot-id"] = new.parent_id
    changed = {**metadata, "last-sequence-number": sequence, "snapshots": [*metadata["snapshots"], entry]}
    return with_ref(changed, branch, new.id, new.millis)


def with_ref(metadata: Json, branch: str, snapshot_id: int, millis: int) -> Json:
    """Metadata with a branch moved to a snapshot."""
    refs = {**metadata.get("refs", {}), branch: {"snapshot-id": snapshot_id, "type": "branch"}}
    changed = {**metadata, "refs": refs, "last-updated-ms": max(millis, metadata["last-updated-ms"])}
    if branch != MAIN:
        return changed
    log = [*metadata.get("snapshot-log", []), {"snapshot-id": snapshot_id, "timestamp-ms": changed["last-updated-ms"]}]
    return {**changed, "current-snapshot-id": snapshot_id, "snapshot-log": log}


def without_ref(metadata: Json, branch: str, millis: int) -> Json:
    """Metadata with a branch forgotten."""
    refs = {name: ref for name, ref in metadata.get("refs", {}).items() if name != branch}
    return {**metadata, "refs": refs, "last-updated-ms": max(millis, metadata["last-updated-ms"])}


def with_columns(metadata: Json, wanted: TableSpec, millis: int) -> Json:
    """Metadata with the columns that `wanted` adds; the same value where it adds none."""
    present = spec_of(metadata, wanted.name)
    columns = schemas.evolved(present, wanted, metadata["last-column-id"])
    if columns == present.columns:
        return metadata
    return {**_with_schema(metadata, columns), "last-updated-ms": max(millis, metadata["last-updated-ms"])}


def with_shape(metadata: Json, wanted: TableSpec, millis: int) -> Json:
    """Metadata whose columns, layout and order are exactly those wanted; only for a commit that replaces all rows."""
    columns = schemas.reshaped(columns_of(metadata, wanted.name), wanted.columns, metadata["last-column-id"])
    changed = _with_schema(metadata, columns)
    changed = _with_partition(changed, schemas.partition_json(wanted.partition, columns, changed["last-partition-id"] + 1))
    changed = _with_order(changed, schemas.sort_json(wanted.sort, columns))
    properties = {**PROPERTIES, **wanted.properties}
    return {**changed, "properties": properties, "last-updated-ms": max(millis, metadata["last-updated-ms"])}


def _with_schema(metadata: Json, columns: tuple[TableColumn, ...]) -> Json:
    """Metadata with these columns as its present schema; a schema that it had before is taken up again."""
    new = schemas.schema_json(columns)
    for known in metadata["schemas"]:
        if known["fields"] == new["fields"]:
            return {**metadata, "current-schema-id": known["schema-id"]}
    number = max(schema["schema-id"] for schema in metadata["schemas"]) + 1
    return {
        **metadata,
        "schemas": [*metadata["schemas"], {**new, "schema-id": number}],
        "current-schema-id": number,
        "last-column-id": max(metadata["last-column-id"], *(column.id for column in columns)),
    }


def _with_partition(metadata: Json, fields: list[Json]) -> Json:
    for known in metadata["partition-specs"]:
        if [{**field, "field-id": 0} for field in known["fields"]] == [{**field, "field-id": 0} for field in fields]:
            return {**metadata, "default-spec-id": known["spec-id"]}
    number = max(spec["spec-id"] for spec in metadata["partition-specs"]) + 1
    specs = [*metadata["partition-specs"], {"spec-id": number, "fields": fields}]
    last = max([metadata["last-partition-id"], *(field["field-id"] for field in fields)])
    return {**metadata, "partition-specs": specs, "default-spec-id": number, "last-partition-id": last}


def _with_order(metadata: Json, order: Json) -> Json:
    for known in metadata["sort-orders"]:
        if known["fields"] == order["fields"]:
            return {**metadata, "default-sort-order-id": known["order-id"]}
    number = 0 if not order["fields"] else 1 + max(known["order-id"] for known in metadata["sort-orders"])
    return {**metadata, "sort-orders": [*metadata["sort-orders"], {**order, "order-id": number}], "default-sort-order-id": number}


def with_log(metadata: Json, previous: str, previous_millis: int) -> tuple[Json, list[str]]:
    """Metadata that remembers the file it follows, and the older metadata files that may now be deleted."""
    log = [*metadata.get("metadata-log", []), {"metadata-file": previous, "timestamp-ms": previous_millis}]
    kept, gone = log[-PREVIOUS_KEPT:], log[:-PREVIOUS_KEPT]
    return {**metadata, "metadata-log": kept}, [entry["metadata-file"] for entry in gone]
