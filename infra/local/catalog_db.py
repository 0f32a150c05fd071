"""The catalog of a local lake: one SQLite file that says which metadata file each table and view has now.

It has the shape of Iceberg's JDBC catalog, version 1, so PyIceberg's `SqlCatalog` and Spark share it. Every change is one
transaction that checks what it replaces, so many tables change at one moment or none does. Used by `iceberg.py` only.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from infra.tables.ports import Kind, Move

CATALOG = "lake"
PATIENCE_SECONDS = 60
"""How long a process waits for another's transaction; one takes milliseconds."""

_TABLES = """
create table if not exists iceberg_tables (
    catalog_name varchar(255) not null, table_namespace varchar(255) not null, table_name varchar(255) not null,
    metadata_location varchar(1000), previous_metadata_location varchar(1000), iceberg_type varchar(5),
    primary key (catalog_name, table_namespace, table_name));
create table if not exists iceberg_namespace_properties (
    catalog_name varchar(255) not null, namespace varchar(255) not null,
    property_key varchar(255) not null, property_value varchar(1000) not null,
    primary key (catalog_name, namespace, property_key));
"""


class CatalogDb:
    """Pointers by full name (`namespace.table`). Nothing is opened until asked, and reading never creates the file."""

    at_once = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def pointer(self, name: str, kind: Kind) -> str | None:
        """The metadata file of a table or view, or None."""
        namespace, _, table = name.rpartition(".")
        rows = self._read(
            "select metadata_location from iceberg_tables where catalog_name = ? and table_namespace = ? and table_name = ? "
            "and coalesce(iceberg_type, 'TABLE') = ?",
            (CATALOG, namespace, table, kind),
        )
        return rows[0][0] if rows else None

    def pointers(self, namespace: str, kind: Kind) -> dict[str, str]:
        """Metadata files by full name, sorted by name."""
        rows = self._read(
            "select table_namespace || '.' || table_name, metadata_location from iceberg_tables where catalog_name = ? "
            "and table_namespace = ? and coalesce(iceberg_type, 'TABLE') = ? order by 1",
            (CATALOG, namespace, kind),
        )
        return {row[0]: row[1] for row in rows}

    def namespaces(self) -> tuple[str, ...]:
        """All namespaces, sorted."""
        rows = self._read(
            "select table_namespace from iceberg_tables where catalog_name = ? union "
            "select namespace from iceberg_namespace_properties where catalog_name = ? order by 1",
            (CATALOG, CATALOG),
        )
        return tuple(row[0] for row in rows)

    def move(self, moves: Sequence[Move]) -> tuple[str, ...]:
        """Make all moves in one transaction; where some no longer start from `before`, make none and return their names."""
        with translated("changing the catalog"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection(f"file:{_quoted(self.path)}?mode=rwc") as database:
                database.executescript(_TABLES)
                database.execute("begin immediate")
                lost = tuple(move.name for move in moves if not _moved(database, move))
                database.execute("rollback" if lost else "commit")
                return lost

    def _read(self, sql: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
        with translated("reading the catalog"):
            if not self.path.exists():
                return []
            with self._connection(f"file:{_quoted(self.path)}?mode=rw") as database:
                try:
                    return database.execute(sql, values).fetchall()
                except sqlite3.OperationalError as error:
                    if "no such table" in str(error):  # killed between creating the file and its tables
                        return []
                    raise

    @contextmanager
    def _connection(self, uri: str) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)) as database:
            yield database


def _quoted(path: Path) -> str:
    """A path inside a SQLite URI."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _moved(database: sqlite3.Connection, move: Move) -> bool:
    namespace, _, table = move.name.rpartition(".")
    key = (CATALOG, namespace, table)
    if move.before is None:
        database.execute("insert or ignore into iceberg_namespace_properties values (?, ?, 'exists', 'true')", key[:2])
        done = database.execute("insert or ignore into iceberg_tables values (?, ?, ?, ?, null, ?)", (*key, move.after, move.kind))
    elif move.after is None:
        done = database.execute(
            "delete from iceberg_tables where catalog_name = ? and table_namespace = ? and table_name = ? and metadata_location = ?",
            (*key, move.before),
        )
    else:
        done = database.execute(
            "update iceberg_tables set metadata_location = ?, previous_metadata_location = ? "
            "where catalog_name = ? and table_namespace = ? and table_name = ? and metadata_location = ?",
            (move.after, move.before, *key, move.before),
        )
    return done.rowcount == 1
