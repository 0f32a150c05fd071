"""Finds repeated records: the same key within the day it occurred, in the batch or in what `bronze` already holds.

Used by `batch.py`. What bronze holds was received first, whatever the record says about
itself. Within a batch the earliest `received_time` wins, then the lowest object and record number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.engines.duckdb import relation
from jobs.land.workbench import PLACE, REPEATED
from jobs.table import Days
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from jobs.land.workbench import Workbench
    from jobs.table import TableColumn, Tables
    from metrics_catalog.source import Source


def find_repeats(bench: Workbench, tables: Tables, bronze: str) -> None:
    """Notes every repeated record; only the day partitions that the batch touches are looked into.

    A snapshot takes the place of what bronze holds, so its records repeat only each other.
    """
    bench.engine.execute(f"INSERT INTO {REPEATED} {repeated_within(bench.source, bench.sound)}")
    if bench.source.delivery == "events":
        _against(bench, tables, bronze)


def key_columns(source: Source) -> str:
    """The key as SQL: its columns, and the UTC day for events, whose key is unique within the day they occurred."""
    columns = [quoted(name) for name in source.key]
    if source.delivery == "events" and source.event_time is not None:
        columns.append(day_of(source, source.event_time))
    return ", ".join(columns)


def day_of(source: Source, name: str) -> str:
    """The UTC day of a column, as SQL; a cast of a time stamp asks the calendar and takes twenty times as long."""
    moment = source.columns[name].type is ColumnType.TIMESTAMP
    return f"CAST(make_timestamp(epoch_us({quoted(name)})) AS DATE)" if moment else f"CAST({quoted(name)} AS DATE)"


def order_columns(source: Source) -> str:
    """What decides which of several records with one key was received first."""
    first = [] if source.received_time is None else [f"{quoted(source.received_time)} NULLS LAST"]
    return ", ".join([*first, PLACE, "_record"])


def repeated_within(source: Source, rows: str) -> str:
    """SQL for number and record of what is repeated in these rows themselves.

    A digest of the key finds the few records that may be repeated; the key itself decides.
    """
    key = key_columns(source)
    digest = f"hash({key})"
    suspects = f"SELECT {digest} AS _digest FROM {rows} GROUP BY _digest HAVING count(*) > 1"
    ranked = f"row_number() OVER (PARTITION BY {key} ORDER BY {order_columns(source)})"
    return (
        f"SELECT {PLACE}, _record FROM (SELECT {PLACE}, _record, {ranked} AS _place FROM {rows} WHERE {digest} IN ({suspects})) "
        "WHERE _place > 1"
    )


def repeated_since(source: Source, rows: str, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
    """SQL for number and record of those rows whose key data files of bronze hold already; `columns` are those of the files."""
    key = key_columns(source)
    return f"SELECT {PLACE}, _record FROM {rows} WHERE ({key}) IN (SELECT {key} FROM {relation(files, columns)})"


def wanted_columns(source: Source, columns: Iterable[TableColumn]) -> tuple[TableColumn, ...]:
    """The columns of bronze that say whether a record is repeated."""
    return tuple(column for column in columns if column.name in {*source.key, source.event_time})


def _against(bench: Workbench, tables: Tables, bronze: str) -> None:
    spec = tables.spec(bronze)
    if spec is None:
        return
    files = _touched(bench, tables, bronze)
    if not files:
        return
    found = repeated_since(bench.source, bench.accepted, files, wanted_columns(bench.source, spec.columns))
    bench.engine.execute(f"INSERT INTO {REPEATED} {found}")


def _touched(bench: Workbench, tables: Tables, bronze: str) -> list[str]:
    """Data files of bronze in the days of the batch; all of them where bronze has no days."""
    time = bench.source.event_time
    if time is None:
        return [file.path for file in tables.files(bronze)]
    days: set[dt.date] = {row[0] for row in bench.engine.rows(f"SELECT DISTINCT {day_of(bench.source, time)} FROM {bench.accepted}")}
    return [file.path for file in tables.files(bronze, on=Days(time, days))]
