"""Looks through the tables of a DuckDB file, whose texts are packed in ways that only DuckDB unpacks.

The file `views.duckdb` of a local lake holds definitions alone, but a country team may keep tables of its own in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from jobs.dialects import quoted
from jobs.erase.search.needles import Finder
from jobs.erase.search.unpacking import UnreadableError

if TYPE_CHECKING:
    from jobs.erase.search.needles import Hits, Needle

_MAGIC, _AT = b"DUCK", 8


def is_duckdb(file: BinaryIO) -> bool:
    """Whether a file is a DuckDB database."""
    file.seek(_AT)
    found = file.read(len(_MAGIC)) == _MAGIC
    file.seek(0)
    return found


def look(path: str, text: str, wanted: tuple[Needle, ...], hits: Hits) -> None:
    """Count what the texts of a database hold. Raises UnreadableError where it cannot be opened."""
    import duckdb

    try:
        with duckdb.connect(path, read_only=True) as connection:
            columns = connection.execute(
                "SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns() JOIN duckdb_tables()"
                " USING (database_name, schema_name, table_name) WHERE NOT duckdb_columns.internal"
            ).fetchall()
            for *table, column in columns:
                relation = ".".join(quoted(part) for part in table)
                held = f"CAST({quoted(column)} AS VARCHAR)"
                rows = connection.execute(f"SELECT {held} FROM {relation} WHERE contains({held}, ?)", [text]).fetchall()
                for row in rows:
                    finder = Finder(wanted, hits)
                    finder.feed(str(row[0]).encode())
                    finder.end()
    except duckdb.Error as error:
        raise UnreadableError("it is a DuckDB file that cannot be opened now") from error
