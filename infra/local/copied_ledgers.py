"""Ledgers in files that were copied from a lake: a folder with one folder a ledger, as they lie below `warehouse/ledger`.

Read by `ringi audit verify --from`. A copy has no catalog, so its data files are all that lie there, merged ones beside those that
they were merged from; the same line twice counts once.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import unquote

from infra.errors import InfraError
from infra.local.foreign import translated
from jobs.table import TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from pathlib import Path

FIELD_ID = b"PARQUET:field_id"


def ledgers_below(folder: Path) -> dict[str, tuple[TableSpec, tuple[str, ...]]]:
    """By the ledger's name (`ledger.runs`) its shape, as its files tell it, and its data files."""
    found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = tuple(str(path) for path in sorted(place.rglob("*.parquet")))
        columns = next((columns for file in files if (columns := _columns(file))), ())
        if {"block", "line_hash", "hash"} <= {column.name for column in columns}:
            found[f"ledger.{place.name}"] = TableSpec(f"ledger.{place.name}", columns), files
    return found


def query_folder(folder: Path) -> Path | None:
    """Where the copied ledger of queries lies, if it is there."""
    place = folder / "queries"
    return place if any(place.glob("*.jsonl")) else None


def is_original(warehouse: Path) -> bool:
    """Whether a folder is a warehouse where it was made: the catalog of a copy speaks of the files of the original."""
    catalog = warehouse / "catalog.db"
    if not catalog.is_file():
        return False
    with translated("reading the catalog"), closing(sqlite3.connect(f"{catalog.resolve().as_uri()}?mode=ro", uri=True)) as held:
        places = [row[0] or "" for row in held.execute("SELECT metadata_location FROM iceberg_tables WHERE table_namespace = 'ledger'")]
    return all(unquote(place.removeprefix("file://")).startswith(f"{warehouse.resolve()}/") for place in places)


def _columns(file: str) -> tuple[TableColumn, ...]:
    """The columns of a data file with their Iceberg ids; nothing where it cannot be read, which is told by whoever reads its lines."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(file)
        return tuple(
            TableColumn(field.name, _type(field.type), id=int(field.metadata[FIELD_ID])) for field in schema if field.name is not None
        )
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, InfraError):
        return ()


def _type(kind: object) -> ColumnType:
    from pyarrow import types

    for known, column in (
        (types.is_string, ColumnType.STRING),
        (types.is_integer, ColumnType.INTEGER),
        (types.is_timestamp, ColumnType.TIMESTAMP),
        (types.is_date, ColumnType.DATE),
        (types.is_boolean, ColumnType.BOOLEAN),
        (types.is_decimal, ColumnType.DECIMAL),
        (types.is_floating, ColumnType.DOUBLE),
    ):
        if known(kind):
            return column
    raise InfraError(f"A data file has a column of the type {kind}, which no ledger has.")
