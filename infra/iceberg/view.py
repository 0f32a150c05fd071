"""Iceberg views (format 1) as JSON: one SQL text a dialect, and every version they ever had.

Pure; the adapter stores the JSON and moves the view's pointer.
"""

from __future__ import annotations

import uuid
from typing import Any

from infra.iceberg import schema
from jobs.table import DefinerView

Json = dict[str, Any]

VERSIONS_KEPT = 10


def next_version(held: Json | None, view: DefinerView, location: str, millis: int) -> Json:
    """The view's metadata after it was created or replaced."""
    namespace = view.name.rpartition(".")[0]
    columns = schema.numbered(view.columns)
    old = held or {"view-uuid": str(uuid.uuid4()), "location": location, "schemas": [], "versions": [], "version-log": []}
    number = 1 + max((version["version-id"] for version in old["versions"]), default=0)
    schema_id = 1 + max((known["schema-id"] for known in old["schemas"]), default=-1)
    version = {
        "version-id": number,
        "timestamp-ms": millis,
        "schema-id": schema_id,
        "summary": {"engine-name": "ringi"},
        "representations": [{"type": "sql", "sql": text, "dialect": dialect} for dialect, text in sorted(view.sql.items())],
        "default-namespace": [namespace],
    }
    versions = [*old["versions"], version][-VERSIONS_KEPT:]
    used = {known["schema-id"] for known in versions}
    return {
        "view-uuid": old["view-uuid"],
        "format-version": 1,
        "location": old["location"],
        "schemas": [known for known in [*old["schemas"], schema.schema_json(columns, schema_id)] if known["schema-id"] in used],
        "current-version-id": number,
        "versions": versions,
        "version-log": [*old["version-log"], {"timestamp-ms": millis, "version-id": number}],
        "properties": dict(view.properties),
    }


def view_of(name: str, held: Json) -> DefinerView:
    """The port's value of a view's metadata: its current version."""
    current = next(version for version in held["versions"] if version["version-id"] == held["current-version-id"])
    promised = next(known for known in held["schemas"] if known["schema-id"] == current["schema-id"])
    texts = {one["dialect"]: one["sql"] for one in current["representations"]}
    return DefinerView(name, schema.columns_of(promised, name), texts, held.get("properties", {}))
