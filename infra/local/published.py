"""What is published of a view in one country, as the query door needs it: columns, and how its rows are read.

`PublishedTables` finds it in the lake's tables and views; the port lets other places of publication stand in.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from infra.errors import InfraError
from jobs.engines.duckdb import relation as from_files
from views.ending import endings_in
from views.plan import MARK
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs.table import DefinerView, Tables
    from metrics_catalog.source import ColumnType
    from views.published_view import Ending


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
    endings: Mapping[str, Ending] = field(default_factory=dict)
    """Deprecated columns, and what their readers are told."""


Contract = tuple["Mapping[str, ColumnType]", "Mapping[str, str]"]
"""The columns of a published view, in order: the type of each, and what it holds."""


class Published(Protocol):
    """Where published views are found."""

    def contract(self, schema: str, view: str) -> Contract | None:
        """The columns of a published view, or None where it is not published."""

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        """One published view, or None where it is not published."""


@contextmanager
def _without_places() -> Iterator[None]:
    """Errors of the lake as a reader may see them: they name no file."""
    try:
        yield
    except InfraError as error:
        raise InfraError(
            "A metadata file of the lake cannot be read.", hint="the operators of the lake see why with `ringi doctor`."
        ) from error


class PublishedTables:
    """Published views of a lake's tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

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
        with _without_places():
            spec, files = self._tables.spec(saved), self._tables.files(saved)
        if spec is None:
            return None
        base_schema, _, base_table = saved.partition(".")
        return PublishedRelation(
            types={column.name: column.type for column in definer.columns},
            definition=definer.sql["duckdb"],
            base_schema=base_schema,
            base_table=base_table,
            base=from_files([file.path for file in files], spec.columns),
            row_count=sum(file.rows for file in files),
            endings=endings_in(definer.properties),
        )

    def _definer(self, schema: str, view: str) -> DefinerView | None:
        with _without_places():
            definer = self._tables.view(f"{schema}.{view}")
        return definer if definer is not None and {MARK, COUNTRY} <= definer.properties.keys() else None  # else it is not Ringi's
