"""The DuckDB engine: one connection set up for lake work, relations over Iceberg data files, and Parquet written for commits.

Made by `ringi/lake.py`; used by landing, runs, previews and queries. Data stays inside DuckDB: only small plans come out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.dialects import quoted
from jobs.dialects.duckdb import DUCKDB, SQL_TYPES
from jobs.engine import Written
from jobs.engines.owner import is_left_behind
from jobs.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import duckdb

    from jobs.dialects import Dialect
    from jobs.table import PartitionField, TableColumn

SPILLED = "duckdb-"
"""What the folder begins with into which an engine spills; its process follows."""

MOST_ROWS = 8_000_000
"""Events of one statement: 48 metrics with many distinct counts stay well below 5 GiB."""

DEFAULT_SHARE_OF_MEMORY = 0.6
ROW_GROUP_ROWS = 122_880
OWN_JOIN_ORDER = "join_order,build_side_probe_side"
"""Reading by field id gives DuckDB no row counts, so its optimizer would build hash tables of the events instead of the few dimension
rows (measured: twice the time). Our statements always write the small side on the right, where it is built."""


def literal(value: str) -> str:
    """A text literal, quoted."""
    return "'" + value.replace("'", "''") + "'"


def relation(files: Sequence[str], columns: Sequence[TableColumn]) -> str:
    """A FROM item over Parquet data files, matched by field id: a column that a file lacks reads as NULL.

    Folder names never become values. Without files it is an empty relation of the same shape.
    """
    if not files:
        nothing = ", ".join(f"NULL::{SQL_TYPES[column.type]} AS {quoted(column.name)}" for column in columns)
        return f"(SELECT {nothing} LIMIT 0)"
    paths = ", ".join(literal(path) for path in files)
    fields = ", ".join(
        f"{column.id}: {{name: {literal(column.name)}, type: {literal(SQL_TYPES[column.type])}, default_value: NULL}}" for column in columns
    )
    return f"read_parquet([{paths}], schema=MAP {{{fields}}}, hive_partitioning=false)"


class DuckDb:
    """One in-memory DuckDB whose clock is UTC and whose overflow goes to a folder of the lake; implements `jobs.engine.Engine`.

    `memory_limit` as DuckDB writes it, such as `4GB`; by default 60 % of the machine's memory. Close it to remove the overflow.
    """

    dialect: Dialect = DUCKDB
    most_rows: int | None = MOST_ROWS

    def __init__(self, *, spill: Path | None = None, memory_limit: str | None = None, threads: int | None = None) -> None:
        self._spill = (spill or Path(tempfile.gettempdir()) / "ringi-spill") / f"{SPILLED}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._memory_limit = memory_limit or f"{int(_memory() * DEFAULT_SHARE_OF_MEMORY) // 2**20}MiB"
        self._threads = threads or os.cpu_count() or 1
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, opened when first asked for."""
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def relation(self, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
        """A FROM item over data files; see the function of the same name."""
        return relation(files, columns)

    def tally(self, files: Sequence[str], column: TableColumn) -> Mapping[str, Mapping[Any, int]]:
        """For each data file that has rows, how many there are of each value of a column."""
        found: dict[str, dict[Any, int]] = {}
        held = relation(files, [column]).removesuffix(")") + ", filename='__file')"
        counted = self.rows(f"SELECT __file, {quoted(column.name)}, count(*) FROM {held} GROUP BY ALL") if files else []
        for path, value, count in counted:
            found.setdefault(path, {})[value] = count
        return found

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement whose rows nobody needs."""
        with translated():
            self.connection.execute(sql, list(values))

    def keep(self, name: str, queries: Iterable[str], *, read_once: bool = False) -> None:
        """Keep the rows of queries as a table of the session, in memory or spilled; each query ends before the next begins."""
        verb = f"CREATE OR REPLACE TEMP TABLE {name} AS"
        for query in queries:
            self.execute(f"{verb} {query}")
            verb = f"INSERT INTO {name}"

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        with translated():
            return self.connection.execute(sql, list(values)).fetchall()

    def rows_later(self, sql: str) -> Callable[[], list[tuple[Any, ...]]]:
        """All rows of a small result, computed when they are asked for."""
        return lambda: self.rows(sql)

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row."""
        return self.rows(sql, values)[0][0]

    def write(
        self,
        sql: str,
        folder: str,
        columns: Sequence[TableColumn],
        partition: Sequence[PartitionField] = (),
        *,
        sort: Sequence[str] = (),
        tally: TableColumn | None = None,
    ) -> tuple[Written, ...]:
        """Write a query's rows as Parquet data files of a table with these columns, one or more a partition.

        `folder` must be new: give each commit one of its own. No file is left where there is no row.
        """
        target = folder if partition else f"{folder}/{uuid.uuid4().hex}.parquet"
        with translated():
            Path(folder).mkdir(parents=True, exist_ok=True)
            files = self.connection.execute(_copy(sql, target, columns, partition, sort)).fetchall()
        written = [Written(path=row[0], rows=row[1], bytes=row[2], partition=_members(row[5], len(partition))) for row in files]
        for empty in (file for file in written if not file.rows):
            Path(empty.path).unlink(missing_ok=True)
        held = sorted((file for file in written if file.rows), key=lambda file: file.path)
        counted = self.tally([file.path for file in held], tally) if tally else {}
        return tuple(replace(file, tally=counted.get(file.path, {})) for file in held)

    def close(self) -> None:
        """Close the connection and remove what it spilled."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> DuckDb:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self._memory_limit,
            "threads": self._threads,
            "temp_directory": str(self._spill),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "disabled_optimizers": OWN_JOIN_ORDER,
        }
        with translated():
            self._spill.parent.mkdir(parents=True, exist_ok=True)
            _sweep(self._spill.parent)
            connection = duckdb.connect(":memory:", config=settings)
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
        return connection


@contextmanager
def translated() -> Iterator[None]:
    """Turns DuckDB's own failures of the outside world into an EngineError of one sentence; other errors are faults and pass."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EngineError(
            "The work needs more memory or spill space than it was given.",
            hint="free disk space, or raise `memory_limit` in ringi.toml, then run again.",
        ) from error
    except (duckdb.IOException, OSError) as error:
        raise EngineError(f"{_first_line(error)} The lake is as it was before.", hint=_hint(str(error))) from error
    except duckdb.Error as error:
        if not _is_damage(error):
            raise
        raise EngineError("A data file is damaged. The lake is as it was before.", hint=_hint("")) from error


def _is_damage(error: duckdb.Error) -> bool:
    """Whether bytes of a file were not what a Parquet file holds: DuckDB's reader says so, or has no class for what its libraries say."""
    import duckdb

    return type(error) is duckdb.Error or (isinstance(error, duckdb.InvalidInputException) and ".parquet" in str(error).lower())


def _sweep(folder: Path) -> None:
    """Remove what killed processes spilled."""
    for left in folder.glob(f"{SPILLED}*-*"):
        if is_left_behind(left.name, SPILLED):
            shutil.rmtree(left, ignore_errors=True)


def _first_line(error: Exception) -> str:
    line = str(error).splitlines()[0].removeprefix("IO Error: ").rstrip(". ")
    return f"Reading or writing failed: {line}."


def _hint(text: str) -> str:
    if "No space left" in text or "File too large" in text or "Disk quota" in text:
        return "free some disk space, then run the same command again."
    if "Permission denied" in text or "Read-only" in text:
        return "give yourself write permission on the lake's folder."
    return "restore the file from a backup, or check the disk; then run the same command again."


def _members(keys: Mapping[str, str] | None, count: int) -> tuple[str | None, ...]:
    return tuple((keys or {}).get(f"__p{number}") for number in range(count))


def _copy(sql: str, target: str, columns: Sequence[TableColumn], partition: Sequence[PartitionField], sort: Sequence[str]) -> str:
    """The COPY statement; partition values travel in helper columns, so that each file also holds its own."""
    held = [f"CAST({quoted(column.name)} AS {SQL_TYPES[column.type]}) AS {quoted(column.name)}" for column in columns]
    helpers = [f"__p{number}" for number in range(len(partition))]
    split = [f"{_period(field)} AS {name}" for field, name in zip(partition, helpers, strict=True)]
    order = f" ORDER BY {', '.join([*helpers, *(quoted(name) for name in sort)])}" if sort else ""
    ids = ", ".join(f"{quoted(column.name)}: {column.id}" for column in columns)
    options = ["FORMAT parquet", "COMPRESSION zstd", "COMPRESSION_LEVEL 1", f"FIELD_IDS {{{ids}}}", "RETURN_STATS true"]
    if partition:
        options += [f"PARTITION_BY ({', '.join(helpers)})", "OVERWRITE_OR_IGNORE true", f"FILENAME_PATTERN '{uuid.uuid4().hex}_{{i}}'"]
    else:
        options.append(f"ROW_GROUP_SIZE {ROW_GROUP_ROWS}")
    return f"COPY (SELECT {', '.join([*held, *split])} FROM ({sql}){order}) TO {literal(target)} ({', '.join(options)})"


def _period(field: PartitionField) -> str:
    name = quoted(field.column)
    if field.transform == "identity":
        return name
    return f"CAST({name} AS DATE)" if field.transform == "day" else f"CAST(date_trunc('month', {name}) AS DATE)"


def _memory() -> int:
    """Memory of the machine or of the container this process lives in, in bytes."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]
    held = [int(text) for path in limits if path.exists() and (text := path.read_text().strip()).isdigit()]
    return min([physical, *held])
