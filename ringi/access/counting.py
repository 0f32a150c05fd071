"""Counts on the lake at hand what a step of a plan newly shows: implements `governance.lake_formation.effects.Counter`.

Only conditions of Ringi's own expressions are counted; one that somebody wrote into the account is never run here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError
from metrics_catalog.expression import ExpressionError, parse, to_sql

if TYPE_CHECKING:
    from governance.lake_formation.shown import Beyond, Rows
    from infra.local.published import PublishedTables
    from jobs.engines.duckdb import DuckDb


class LocalCounter:
    """Counts over the published views of a lake on this machine. `schemas` maps each database to the schema of its views."""

    def __init__(self, published: PublishedTables, engine: DuckDb, schemas: dict[str, str]) -> None:
        self._published, self._engine, self._schemas = published, engine, schemas
        self._views: dict[tuple[str, str], str | None] = {}
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
        try:
            condition = " OR ".join(f"({_shown(rows)} AND NOT {_shown(known)})" for rows, known in parts)
            return None if view is None else int(self._engine.value(f"SELECT count(*) FROM {view} WHERE {condition}"))
        except (RingiError, ExpressionError):
            return None  # the table here has other columns, or the condition is not one of ours

    def _view(self, schema: str, table: str) -> str | None:
        """A relation in the engine with the view's rows; None where it is not published here."""
        if (schema, table) not in self._views:
            self._views[schema, table] = self._opened(schema, table)
        return self._views[schema, table]

    def _opened(self, schema: str, table: str) -> str | None:
        from jobs.dialects import quoted

        try:
            found = self._published.get(schema, table)
        except RingiError:
            return None
        if found is None:
            return None
        base = f"{quoted(found.base_schema)}.{quoted(found.base_table)}"
        self._engine.rows(f"CREATE SCHEMA IF NOT EXISTS {quoted(found.base_schema)}")
        self._engine.rows(f"CREATE OR REPLACE VIEW {base} AS SELECT * FROM {found.base}")
        return f"({found.definition}) AS shown"


def _shown(rows: Rows) -> str:
    """The condition that one of the alternatives is TRUE."""
    if rows is None:
        return "TRUE"
    told = " OR ".join(f"coalesce({to_sql(parse(text), 'duckdb')}, FALSE)" for text in sorted(rows))
    return f"({told})" if told else "FALSE"
