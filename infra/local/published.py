"""What is published of a view in one country, as the query door needs it: columns, and how its rows are read.

`LocalPublished` finds it in the metadata of a local lake; the port lets other places of publication stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from infra.local.catalog_db import CatalogDb
from infra.local.iceberg_metadata import files_of, view_of
from jobs.engines.duckdb import relation as from_files
from views.plan import MARK
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jobs.table import DefinerView
    from metrics_catalog.source import ColumnType


COUNTRY = "ringi.country"
"""The property of a definer view that names its country."""


@dataclass(frozen=True, slots=True)
class PublishedRelation:
    """One definer view: `definition` is its SELECT for DuckDB, over the saved copy named `base_schema.base_table`.

    `base` is the FROM item of that copy. Both are texts of the lake; they never reach a reader.
    """

    types: Mapping[str, ColumnType]
    definition: str
    base_schema: str
    base_table: str
    base: str
    row_count: int


Contract = tuple["Mapping[str, ColumnType]", "Mapping[str, str]"]
"""The columns of a published view, in order: the type of each, and what it holds."""


class Published(Protocol):
    """Where published views are found."""

    def contract(self, schema: str, view: str) -> Contract | None:
        """The columns of a published view, or None where it is not published."""

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        """One published view, or None where it is not published."""


class LocalPublished:
    """Published views of a local lake."""

    def __init__(self, warehouse: Path) -> None:
        self._pointers = CatalogDb(warehouse / "catalog.db")

    def contract(self, schema: str, view: str) -> Contract | None:
        definer = self._definer(schema, view)
        if definer is None:
            return None
        return {column.name: column.type for column in definer.columns}, {column.name: column.doc for column in definer.columns}

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        definer = self._definer(schema, view)
        if definer is None or "duckdb" not in definer.sql:
            return None
        saved = saved_name(definer.properties[COUNTRY], definer.properties[MARK])
        location = self._pointers.pointer(saved, "TABLE")
        if location is None:
            return None
        held = files_of(saved, location)
        base_schema, _, base_table = saved.partition(".")
        return PublishedRelation(
            types={column.name: column.type for column in definer.columns},
            definition=definer.sql["duckdb"],
            base_schema=base_schema,
            base_table=base_table,
            base=from_files(held.files, held.columns),
            row_count=held.rows,
        )

    def _definer(self, schema: str, view: str) -> DefinerView | None:
        name = f"{schema}.{view}"
        location = self._pointers.pointer(name, "VIEW")
        definer = None if location is None else view_of(name, location)
        return definer if definer is not None and {MARK, COUNTRY} <= definer.properties.keys() else None  # else it is not Ringi's
