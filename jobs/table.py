"""The port through which the work meets the lake's Iceberg tables; implemented in `infra`, wired in `ringi/lake.py`.

Engines read and write Parquet data files; this port says which files a table holds and commits changes to that set. So the
same job runs on any engine, and no row passes through here. A name is `namespace.table`, such as `bronze.viewing_events`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence, Set

    from metrics_catalog.source import ColumnType

MAIN = "main"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column; `id` is its Iceberg field id (0 until the table exists) and goes into every Parquet file."""

    name: str
    type: ColumnType
    required: bool = False
    doc: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class PartitionField:
    """How rows are laid out: the column as it is, or the UTC day or month of a timestamp or date."""

    column: str
    transform: Literal["identity", "day", "month"] = "identity"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """The shape of a table."""

    name: str
    columns: tuple[TableColumn, ...]
    partition: tuple[PartitionField, ...] = ()
    sort: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table: `path` as the engine opens it, rows, bytes, and its partition values in spec order.

    A `day` or `month` partition value is the `date` on which the day or month begins.
    """

    path: str
    rows: int
    bytes: int
    partition: tuple[object, ...] = ()
    bounds: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    """Least and greatest value by column, where known."""
    column_bytes: Mapping[str, int] = field(default_factory=dict)
    """Compressed bytes by column, where the table's metadata tell."""


@dataclass(frozen=True, slots=True)
class Days:
    """Rows whose `column`, a timestamp or a date, lies on one of these UTC days."""

    column: str
    days: Set[dt.date]

    @property
    def stretches(self) -> list[tuple[dt.date, dt.date]]:
        """First and last of the days that follow each other, in order."""
        found: list[tuple[dt.date, dt.date]] = []
        for day in sorted(self.days):
            if found and found[-1][1].toordinal() + 1 == day.toordinal():
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One committed state of a table; `summary` carries run id, metric digests and input snapshot ids."""

    id: int
    parent_id: int | None
    committed_at: dt.datetime
    summary: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Commit:
    """A change to one table: data files that enter and leave, and what the snapshot will say about itself.

    `spec` creates the table in the same commit where it does not exist, and adds the columns that it lacks. `replace_all`
    removes all present files; with `spec` the table then takes on exactly that shape, whatever it was before. A branch begins
    at main's head, so a table must have a snapshot before it can have a branch. `rewrites` says that the rows stay the same and
    only lie in other files: nothing counts as new to those who read what was added.
    `parent` is the snapshot the change was computed from (None: the table was empty or missing); if the branch moved
    meanwhile the commit is refused with `CommitConflictError`, nothing is lost and nothing is written.
    """

    table: str
    added: Sequence[str]
    removed: Sequence[str] = ()
    replace_all: bool = False
    summary: Mapping[str, str] = field(default_factory=dict)
    spec: TableSpec | None = None
    branch: str = MAIN
    parent: int | None = None
    check_parent: bool = True
    rewrites: bool = False


@dataclass(frozen=True, slots=True)
class DefinerView:
    """An Iceberg view: one SQL text a dialect, the columns it promises, and properties (certificate digest, run id)."""

    name: str
    columns: tuple[TableColumn, ...]
    sql: Mapping[str, str]
    properties: Mapping[str, str]


class Tables(Protocol):
    """The lake's tables and views."""

    def names(self, namespace: str) -> tuple[str, ...]:
        """Full names of the tables in a namespace, sorted; empty where there is none."""

    def namespaces(self) -> tuple[str, ...]:
        """All namespaces, sorted."""

    def spec(self, name: str) -> TableSpec | None:
        """The present shape with field ids, or None where the table does not exist."""

    def shape(self, spec: TableSpec, *, replacing: bool = False) -> TableSpec:
        """The shape, with field ids, that a commit with this `spec` will give the table; changes nothing.

        An engine writes data files with these ids before the commit. `replacing` for a commit that replaces all rows.
        """

    def ensure(self, spec: TableSpec) -> TableSpec:
        """Create the table, or add the columns it lacks; returns the shape with field ids. A changed type is an error."""

    def snapshot(self, name: str, branch: str = MAIN) -> Snapshot | None:
        """The head of a branch, or None."""

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """All snapshots that are kept, oldest first."""

    def files(self, name: str, *, snapshot_id: int | None = None, branch: str = MAIN, on: Days | None = None) -> tuple[DataFile, ...]:
        """Data files of a snapshot (default: head of the branch), in a stable order; empty where there is none.

        With `on`, those that may hold rows of these days; what metadata says of other days is not opened.
        """

    def files_added(self, name: str, *, since: int | None, until: int | None = None) -> tuple[DataFile, ...]:
        """Files that entered between two snapshots and are still there at `until` (default: head of main)."""

    def data_folder(self, name: str) -> str:
        """Folder below which an engine writes new files of the table; give each commit a folder of its own there."""

    def take(self, name: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Move data files that an engine wrote elsewhere in the lake into the table's own folder; gives their new paths."""

    def commit(self, change: Commit) -> Snapshot:
        """Commit one change atomically."""

    def commit_all(self, changes: Sequence[Commit], views: Sequence[DefinerView] = ()) -> tuple[Snapshot, ...]:
        """Commit changes to different tables, and create or replace views over them.

        All at one moment where the catalog can; otherwise each atomic by itself, tables before views.
        """

    def fast_forward(self, name: str, branch: str) -> None:
        """Move main to the head of a branch and remove the branch; refused when main is not its ancestor."""

    def drop_branch(self, name: str, branch: str) -> None:
        """Forget a branch; nothing happens where it does not exist."""

    def drop(self, name: str) -> None:
        """Forget a table or view; nothing happens where it does not exist."""

    def put_views(self, views: Sequence[DefinerView]) -> None:
        """Create or replace views, all of them in one transaction of the catalog."""

    def views(self, namespace: str) -> tuple[DefinerView, ...]:
        """Views of a namespace, sorted by name."""

    def view(self, name: str) -> DefinerView | None:
        """One view, or None."""
