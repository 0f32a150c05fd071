"""Counts on the lake at hand what a step of a plan newly shows: implements `governance.lake_formation.planning.effects.Counter`.

Only conditions of Ringi's own expressions are counted; one that somebody wrote into the account is never run here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError
from metrics_catalog.expression import ExpressionError, parse, to_sql, type_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from governance.lake_formation.planning.shown import Beyond, Rows
    from infra.local.published import PublishedTables
    from jobs.engines.duckdb import DuckDb


class LocalCounter:
    """Counts over the published views of a lake on this machine. `schemas` maps each database to the schema of its views."""

    def __init__(self, published: PublishedTables, engine: DuckDb, schemas: dict[str, str]) -> None:
        self._published, self._engine, self._schemas = published, engine, schemas
        self._views: dict[tuple[str, str], _View | None] = {}
        self._counts: dict[tuple[str, str, tuple[Beyond, ...]], int | None] = {}

    def rows(self, database: str, table: str, parts: tuple[Beyond, ...]) -> int | None:
        schema = self._schemas.get(database)
        if schema is None:
            return None
        key = schema, table, parts
        if key not in self._counts:
            self._counts[key] = self._counted(schema, table, parts)
        return self._counts[key]

    def _counted(self, schema: str, table: str, parts: tuple[Beyond, ...]) -> int | None:
        view = self._view(schema, table)
        if view is None:
            return None
        try:
            condition = " OR ".join(f"({_shown(rows, view.types)} AND NOT {_shown(known, view.types)})" for rows, known in parts)
        except ExpressionError:  # the view here has other columns, or the condition is not one of ours
            return None
        return int(self._engine.value(f"SELECT count(*) FROM {view.relation} WHERE {condition}"))

    def _view(self, schema: str, table: str) -> _View | None:
        """A relation in the engine with the view's rows; None where it is not published here."""
        if (schema, table) not in self._views:
            self._views[schema, table] = self._opened(schema, table)
        return self._views[schema, table]

    def _opened(self, schema: str, table: str) -> _View | None:
        from jobs.dialects import quoted

        try:
            found = self._published.get(schema, table)
        except RingiError:  # the lake here cannot be read: then nothing is counted
            return None
        if found is None:
            return None
        base = f"{quoted(found.base_schema)}.{quoted(found.base_table)}"
        self._engine.rows(f"CREATE SCHEMA IF NOT EXISTS {quoted(found.base_schema)}")
        self._engine.rows(f"CREATE OR REPLACE VIEW {base} AS SELECT * FROM {found.base}")
        return _View(f"({found.definition}) AS shown", found.types)


@dataclass(frozen=True, slots=True)
class _View:
    """A FROM item and the types of its columns."""

    relation: str
    types: Mapping[str, ColumnType]


def _shown(rows: Rows, types: Mapping[str, ColumnType]) -> str:
    """The condition that one of the alternatives is TRUE; raises ExpressionError for one that is no condition over these columns."""
    if rows is None:
        return "TRUE"
    told = [f"coalesce({_condition(text, types)}, FALSE)" for text in sorted(rows)]
    return f"({' OR '.join(told)})" if told else "FALSE"


def _condition(text: str, types: Mapping[str, ColumnType]) -> str:
    node = parse(text)
    if type_of(node, types) is not ColumnType.BOOLEAN:
        raise ExpressionError("a condition is TRUE, FALSE or NULL")
    return to_sql(node, "duckdb", types=types)
