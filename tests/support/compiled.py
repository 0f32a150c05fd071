"""Runs compiled statements over plain rows on an in-memory DuckDB, and gives facts back in the form of the oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from jobs.compile import FactsRequest, Relations, Statement, compile_facts
from metrics_catalog.source import ColumnType

Row = Mapping[str, Any]

_ARROW = {
    ColumnType.STRING: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(18, 6),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DATE: pa.date32(),
}


@lru_cache(maxsize=1)
def connection() -> duckdb.DuckDBPyConnection:
    """One engine for all tests of a process; its session is deliberately not in UTC."""
    engine = duckdb.connect()
    engine.execute("SET threads = 2")
    engine.execute("SET TimeZone = 'America/New_York'")
    return engine


def arrow_table(columns: Mapping[str, ColumnType], rows: Sequence[Row]) -> pa.Table:
    """Plain rows as a table of the types in which engines read them."""
    schema = pa.schema([(column, _ARROW[kind]) for column, kind in columns.items()])
    return pa.Table.from_pylist([{column: row.get(column) for column in columns} for row in rows], schema=schema)


@dataclass
class Tables:
    """Rows of sources and dimensions, registered under names that relations can use."""

    types: Mapping[str, Mapping[str, ColumnType]]
    names: dict[str, str] = field(default_factory=dict)

    def register(self, name: str, rows: Sequence[Row]) -> str:
        """Register rows; the table is `rows_<name>`."""
        connection().register(f"rows_{name}", arrow_table(self.types[name], rows))
        self.names[name] = f"rows_{name}"
        return self.names[name]


def relations(
    types: Mapping[str, Mapping[str, ColumnType]], sources: Mapping[str, Sequence[Row]], dimensions: Mapping[str, Sequence[Row]]
) -> Relations:
    """Relations over plain rows."""
    tables = Tables(types)
    return Relations(
        {name: tables.register(name, rows) for name, rows in sources.items()},
        {name: tables.register(name, rows) for name, rows in dimensions.items()},
    )


def run(statement: Statement) -> list[dict[str, Any]]:
    """The rows of a statement, in its order."""
    cursor = connection().execute(statement.sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def facts_of(request: FactsRequest) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What a request gives, by cell, each cell with the columns that are no keys."""
    statement = compile_facts(request)
    found = {}
    for row in run(statement):
        cell = tuple(row[key] for key in statement.keys)
        assert cell not in found, f"{cell} stands in two rows"
        found[cell] = {name: value for name, value in row.items() if name not in statement.keys}
    return found
