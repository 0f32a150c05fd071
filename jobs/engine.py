"""The port through which jobs compute: a SQL engine that reads and writes the Parquet data files of Iceberg tables.

Implemented by `engines/duckdb.py`, and by `engines/spark` where the data outgrows one machine. Rows stay inside the engine; only plans
and counts come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.table import PartitionField, TableColumn


@dataclass(frozen=True, slots=True)
class Written:
    """One Parquet file that an engine wrote, with the text of its partition values in the order of the partition."""

    path: str
    rows: int
    bytes: int
    partition: tuple[str | None, ...] = ()
    tally: Mapping[Any, int] = field(default_factory=dict, compare=False)
    """How many rows there are of each value of the column that was to be tallied."""


class Engine(Protocol):
    """One session of an engine; its clock is UTC. Close it: it is a context manager too."""

    @property
    def dialect(self) -> Dialect:
        """How its SQL is written."""

    @property
    def most_rows(self) -> int | None:
        """How many events one statement should read at most; None where the engine cuts its work itself."""

    def relation(self, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
        """A FROM item over data files, matched by field id; an empty one of the same shape where there is no file."""

    def tally(self, files: Sequence[str], column: TableColumn) -> Mapping[str, Mapping[Any, int]]:
        """For each data file that has rows, how many there are of each value of a column."""

    def keep(self, name: str, queries: Iterable[str], *, read_once: bool = False) -> None:
        """Compute the rows of queries with the same columns, one after the other, and keep them in the session under a name.

        `read_once` says that one statement alone will read them: an engine that plans across statements need not hold them.
        """

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small result."""

    def rows_later(self, sql: str) -> Callable[[], list[tuple[Any, ...]]]:
        """All rows of a small result, to be asked for later: an engine that can work on several statements begins with this one now."""

    def value(self, sql: str) -> Any:
        """The first column of the first row."""

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
        """Write a query's rows as data files of a table with these columns, one or more a partition; no file where there is no row.

        `folder` must be new: give each commit one of its own. `tally` is a column whose values are counted in each file.
        """

    def close(self) -> None:
        """End the session and remove what it spilled."""
