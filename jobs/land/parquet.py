"""Reads a Parquet object: the engine itself does, in one statement; its columns are held against the contract first.

Used by `judging.py`. A record's number is its row, from 1. A refused row is kept as JSON, since Parquet has no text of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from jobs.dialects import quoted
from jobs.dialects.duckdb import SQL_TYPES
from jobs.engines.duckdb import literal
from jobs.land.container import BLOCK, RefusedFileError
from jobs.land.contract import from_typed, judged, required
from jobs.land.header import check_header
from jobs.land.report import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.land.workbench import Workbench
    from jobs.object_store import ObjectStore
    from metrics_catalog.source import Source

ROW_NUMBER = "file_row_number"


@contextmanager
def at_hand(objects: ObjectStore, key: str) -> Iterator[str]:
    """A path at which the embedded engine reads an object; one that lies elsewhere is copied to this machine for a while."""
    path = objects.path(key)
    if "://" not in path:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="ringi-", suffix=".parquet") as copy:
        with objects.open(key) as raw:
            shutil.copyfileobj(raw, copy, BLOCK)
        copy.flush()
        yield copy.name


def judge_parquet(bench: Workbench, path: str, number: int) -> None:
    """Sort the rows of one object; raises RefusedFileError where it is damaged or its columns are not the contract's."""
    try:
        types = _types(bench, path)
        check_header(bench.source, types)
        bench.judge(_statement(bench.source, path, number, types))
        bench.heard.count(
            number, bench.engine.connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(path)})").fetchall()[0][0]
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise RefusedFileError(
            Fault("RNG-JOB-008", "It is a damaged Parquet file.", "ask the sender for the file again and land that.")
        ) from error


def _types(bench: Workbench, path: str) -> dict[str, str]:
    """Names of the columns with the engine's types."""
    described = bench.engine.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(path)}, hive_partitioning=false)").fetchall()
    return {row[0]: row[1] for row in described}


def _statement(source: Source, path: str, number: int, types: dict[str, str]) -> str:
    columns = []
    for i, (name, column) in enumerate(source.columns.items()):
        field, absent = column.from_field or name, SQL_TYPES[column.type]
        expression = f"row_.{quoted(field)}" if field in types else f"NULL::{absent}"
        checked = from_typed(column, required(source, name), expression, types.get(field, absent), f"v{i}")
        if checked is None:
            raise RefusedFileError(_retyped(source, name, field, types[field]))
        columns.append(checked)
    rows = f"SELECT {number} AS object, {ROW_NUMBER} + 1 AS record, row_ FROM "
    rows += f"(SELECT struct_pack({', '.join(f'{quoted(name)} := {quoted(name)}' for name in types)}) AS row_, {ROW_NUMBER} "
    rows += f"FROM read_parquet({literal(path)}, file_row_number=true, hive_partitioning=false))"
    return judged(source, columns, rows, structure=None, verbatim="CAST(to_json(row_) AS VARCHAR) AS line, NULL::BLOB AS bytes")


def _retyped(source: Source, name: str, field: str, engine_type: str) -> Fault:
    message = f"Its field `{field}` is {engine_type.lower()}; the contract of `{source.source}` says {source.columns[name].type}."
    return Fault(
        "RNG-JOB-005", message, f"ask the sender, or change the type of `{name}` in sources/{source.source}.yaml and land the file again."
    )
