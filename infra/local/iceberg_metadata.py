"""What a query needs of Iceberg's metadata files: a view's text and columns, a table's columns and data files.

PyIceberg, which writes them, takes a second to import, and a query should not wait for it; `tests/infra/test_published.py`
holds both to the same answers. Used by `published.py`. Nothing here writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import InfraError
from infra.local import avro
from jobs.table import DefinerView, TableColumn
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMN_TYPES = {
    "string": ColumnType.STRING,
    "long": ColumnType.INTEGER,
    "int": ColumnType.INTEGER,
    "decimal(18, 6)": ColumnType.DECIMAL,
    "double": ColumnType.DOUBLE,
    "boolean": ColumnType.BOOLEAN,
    "timestamptz": ColumnType.TIMESTAMP,
    "date": ColumnType.DATE,
}
DELETED, DATA = 2, 0
"""Iceberg's numbers: the status of an entry that left the table, and a manifest of data files."""


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """The head of a table: its columns with field ids, its data files as an engine opens them, and how many rows these hold."""

    columns: tuple[TableColumn, ...]
    files: tuple[str, ...]
    rows: int


def view_of(name: str, location: str) -> DefinerView:
    """The current version of a view, from its metadata file."""
    held = _json(location)
    current = next(version for version in held["versions"] if version["version-id"] == held["current-version-id"])
    schema = next(schema for schema in held["schemas"] if schema["schema-id"] == current["schema-id"])
    texts = {text["dialect"]: text["sql"] for text in current["representations"] if text["type"] == "sql"}
    return DefinerView(name, _columns(schema, name), texts, dict(held.get("properties") or {}))


def files_of(name: str, location: str) -> SavedFiles:
    """The head of a table's main branch, from its metadata file; refuses row deletes, which would be ignored silently."""
    held = _json(location)
    schema = next(schema for schema in held["schemas"] if schema["schema-id"] == held["current-schema-id"])
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in held.get("snapshots") or ()}
    head = snapshots.get(held.get("current-snapshot-id", -1))
    entries = list(_entries(name, head["manifest-list"])) if head is not None else []
    files = tuple(sorted(_path(entry["file_path"]) for entry in entries))
    return SavedFiles(_columns(schema, name), files, sum(entry["record_count"] for entry in entries))


def _entries(name: str, manifest_list: str) -> Iterator[dict[str, Any]]:
    """Data files that are in the table."""
    for manifest in _records(manifest_list):
        live = (manifest.get("existing_files_count") or 0) + (manifest.get("added_files_count") or 0)
        if manifest.get("content", DATA) != DATA:
            if live:
                raise InfraError(
                    f"Table `{name}` has row deletes written by another engine, which Ringi does not read.",
                    hint="compact the table with that engine (rewrite its data files). More: ringi explain RNG-INF-008",
                )
        elif live:
            yield from (entry["data_file"] for entry in _records(manifest["manifest_path"]) if entry["status"] != DELETED)


def _columns(schema: dict[str, Any], name: str) -> tuple[TableColumn, ...]:
    return tuple(_column(field, name) for field in schema["fields"])


def _column(field: dict[str, Any], name: str) -> TableColumn:
    kind = COLUMN_TYPES.get(str(field["type"]))
    if kind is None:
        raise InfraError(
            f"Column `{field['name']}` of `{name}` has the type {field['type']}, which Ringi does not read.", hint="ask who wrote it."
        )
    return TableColumn(field["name"], kind, field["required"], field.get("doc") or "", field["id"])


def _json(location: str) -> dict[str, Any]:
    try:
        return dict(json.loads(_bytes(location)))
    except ValueError as error:
        raise InfraError("A metadata file of the lake cannot be read: it is damaged.", hint="run `ringi doctor`.") from error


def _records(location: str) -> list[dict[str, Any]]:
    try:
        return avro.read(_bytes(location))
    except avro.AvroError as error:
        raise InfraError(f"A metadata file of the lake cannot be read: {error}.", hint="run `ringi doctor`.") from error


def _bytes(location: str) -> bytes:
    try:
        return Path(_path(location)).read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InfraError(f"A metadata file of the lake cannot be read: {reason}.", hint="run `ringi doctor`, then try again.") from error


def _path(location: str) -> str:
    """A location as a plain path."""
    return location.removeprefix("file://") if location.startswith("file:///") else location.removeprefix("file:")
