"""Iceberg views as PyIceberg's metadata models: one SQL text a dialect, and the versions they had.

PyIceberg knows the models but its SQL catalog keeps no views, so the adapter stores the JSON and moves the pointer.
"""

from __future__ import annotations

import uuid

from pyiceberg.schema import Schema
from pyiceberg.view.metadata import SQLViewRepresentation, ViewHistoryEntry, ViewMetadata, ViewRepresentation, ViewVersion

from infra.tables import shape
from jobs.table import DefinerView

VERSIONS_KEPT = 10


def first(view: DefinerView, location: str, millis: int) -> ViewMetadata:
    """The metadata of a new view."""
    version = _version(view, 1, 0, millis)
    return ViewMetadata.model_validate(
        {
            "view-uuid": str(uuid.uuid4()),
            "format-version": 1,
            "location": location,
            "schemas": [_schema(view, 0)],
            "current-version-id": 1,
            "versions": [version],
            "version-log": [ViewHistoryEntry.model_validate({"timestamp-ms": millis, "version-id": 1})],
            "properties": dict(view.properties),
        }
    )


def replaced(held: ViewMetadata, view: DefinerView, millis: int) -> ViewMetadata:
    """The metadata after the view was replaced; the last versions stay readable."""
    number = 1 + max(version.version_id for version in held.versions)
    schema_id = 1 + max(schema.schema_id for schema in held.schemas)
    versions = [*held.versions, _version(view, number, schema_id, millis)][-VERSIONS_KEPT:]
    used = {version.schema_id for version in versions}
    return held.model_copy(
        update={
            "schemas": [schema for schema in [*held.schemas, _schema(view, schema_id)] if schema.schema_id in used],
            "current_version_id": number,
            "versions": versions,
            "version_log": [*held.version_log, ViewHistoryEntry.model_validate({"timestamp-ms": millis, "version-id": number})],
            "properties": dict(view.properties),
        }
    )


def view_of(name: str, held: ViewMetadata) -> DefinerView:
    """The port's value of a view: its current version."""
    current = next(version for version in held.versions if version.version_id == held.current_version_id)
    promised = next(schema for schema in held.schemas if schema.schema_id == current.schema_id)
    texts = {one.root.dialect: one.root.sql for one in current.representations}
    return DefinerView(name, shape.columns_of(promised, name), texts, dict(held.properties))


def _schema(view: DefinerView, number: int) -> Schema:
    return Schema(*(shape.field_of(column) for column in shape.numbered(view.columns)), schema_id=number)


def _version(view: DefinerView, number: int, schema_id: int, millis: int) -> ViewVersion:
    texts = [ViewRepresentation(SQLViewRepresentation(type="sql", sql=text, dialect=dialect)) for dialect, text in sorted(view.sql.items())]
    return ViewVersion.model_validate(
        {
            "version-id": number,
            "schema-id": schema_id,
            "timestamp-ms": millis,
            "summary": {"engine-name": "ringi"},
            "representations": texts,
            "default-namespace": (view.name.rpartition(".")[0],),
        }
    )
