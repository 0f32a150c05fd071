"""Data files of bronze and quarantine, written by the workers from judged records, less what is repeated or refused whole.

A portion is what one task writes: some of the judged files with all their days, or some days of all files. The second where a
batch is spread over so many days that each file would become small.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.engine import Written
from jobs.engines.duckdb import literal, relation
from jobs.land.repeats import day_of
from jobs.land.spark.guarded import Failure, embedded, guarded
from jobs.land.workbench import PLACE
from jobs.table import TableColumn
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from jobs.land.spark.workspace import Workspace
    from jobs.table import TableSpec
    from metrics_catalog.source import Source

LEAST, MOST = 8 * 2**20, 256 * 2**20
"""Bytes of judged files that one task writes."""

SMALL = 64 * 2**20
"""A day with less than this is written by one task, as one file."""

RECORD = "_record"
REPEATED = (TableColumn(PLACE, ColumnType.INTEGER, id=1), TableColumn(RECORD, ColumnType.INTEGER, id=2))
"""Columns of the files that say which records are repeated."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What one task writes: judged files, and first and last day; None: all days."""

    files: tuple[str, ...]
    days: tuple[dt.date, dt.date] | None = None


def portions(files: Sequence[Written], days: Mapping[dt.date, int], cores: int) -> list[Portion]:
    """How the writing of judged files is shared out; `days` says how many records each day has, none for tables without days."""
    total = sum(file.bytes for file in files)
    tasks = max(-(-total // MOST), min(cores, total // LEAST), 1)
    paths = tuple(file.path for file in files)
    if len(days) >= tasks > 1 and total < SMALL * len(days):
        return [Portion(paths, bounds) for bounds in _stretches(days, tasks)]
    bins: list[list[str]] = [[] for _ in range(tasks)]
    weights = [0] * tasks
    for file in sorted(files, key=lambda file: -file.bytes):
        lightest = weights.index(min(weights))
        bins[lightest].append(file.path)
        weights[lightest] += file.bytes
    return [Portion(tuple(held)) for held in bins if held]


def _stretches(days: Mapping[dt.date, int], count: int) -> list[tuple[dt.date, dt.date]]:
    """Days in order, cut into stretches of about the same number of records."""
    total, done = sum(days.values()), 0
    found: dict[int, tuple[dt.date, dt.date]] = {}
    for day in sorted(days):
        place = done * count // max(total, 1)
        found[place] = (found[place][0], day) if place in found else (day, day)
        done += days[day]
    return list(found.values())


def without(gone: Sequence[int], *tests: str) -> str:
    """A WHERE clause that leaves objects out, and what fails another test; nothing where there is no test."""
    all_tests = [*([f"{PLACE} NOT IN ({', '.join(map(str, gone))})"] if gone else []), *tests]
    return f" WHERE {' AND '.join(all_tests)}" if all_tests else ""


@dataclass(frozen=True, slots=True)
class Writer:
    """What every task is told. `columns` are those of the judged files; `gone` are objects refused whole."""

    source: Source
    shape: TableSpec
    columns: tuple[TableColumn, ...]
    folder: str
    repeated: tuple[str, ...]
    gone: tuple[int, ...]
    workspace: Workspace
    memory_limit: str

    def write(self, portion: Portion) -> tuple[Written, ...] | Failure:
        """Write one portion; the files are known to no table yet."""
        return guarded(lambda: self._write(portion))

    def _write(self, portion: Portion) -> tuple[Written, ...]:
        with self.workspace.scratch() as scratch, embedded(scratch, self.memory_limit) as engine:
            paths = [self.workspace.fetch(path, scratch) for path in portion.files]
            repeated = [self.workspace.fetch(path, scratch) for path in self.repeated]
            files = engine.write(self._rows(paths, repeated, portion), f"{scratch}/out", self.shape.columns, self.shape.partition)
            return tuple(self._kept(file) for file in files)

    def _rows(self, paths: Sequence[str], repeated: Sequence[str], portion: Portion) -> str:
        known = {column.name for column in self.columns}
        gone = "".join(f", NULL AS {quoted(column.name)}" for column in self.shape.columns if column.name not in known)
        tests = []
        if portion.days is not None and self.source.event_time is not None:
            day = day_of(self.source, self.source.event_time)
            tests.append(f"{day} BETWEEN DATE {literal(str(portion.days[0]))} AND DATE {literal(str(portion.days[1]))}")
        rows = f"SELECT *{gone} FROM {relation(paths, self.columns)}{without(self.gone, *tests)}"
        again = f" ANTI JOIN {relation(repeated, REPEATED)} USING ({PLACE}, {RECORD})" if repeated else ""
        return f"SELECT * FROM ({rows}){again}"

    def _kept(self, file: Written) -> Written:
        """The file at its place in the table's folder."""
        days = "/".join(str(member) for member in file.partition)
        location = "/".join(part for part in (self.folder, days, f"{uuid.uuid4().hex}.parquet") if part)
        self.workspace.keep(file.path, location)
        return replace(file, path=location)
