"""Iceberg tables in a local folder: the `Tables` port over PyIceberg and the SQLite catalog.

Made by `ringi/lake.py` for a lake whose profile says `local`; used by every job through the port. Opening it touches nothing.
A commit writes new files first and then moves pointers in one transaction of the catalog, so a reader sees a table before or
after a commit, and many tables at once, never a half. PyIceberg is imported when a table is first touched: it takes a second.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.catalog_db import CatalogDb, Move
from infra.local.foreign import translated, understood
from jobs.errors import CommitConflictError
from jobs.table import MAIN, Commit, DataFile, DefinerView, Snapshot, TableSpec

if TYPE_CHECKING:
    from pyiceberg.table import Table, Transaction
    from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot
    from pyiceberg.view.metadata import ViewMetadata

ATTEMPTS = 8
"""How often a commit that does not insist on its parent is tried again after another process was faster."""

PROPERTIES: Mapping[str, str] = {
    "format-version": "2",
    "write.format.default": "parquet",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "commit.retry.num-retries": "0",  # Ringi computes a change anew instead of rebasing it
}
"""What every table of the lake says about itself, so that other engines write it alike."""


class LocalTables:
    """Tables below `warehouse`, listed in `warehouse/catalog.db`."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse.absolute()
        self._pointers = CatalogDb(self._warehouse / "catalog.db")
        self._seen: dict[str, Table] = {}

    # Reading.

    def names(self, namespace: str) -> tuple[str, ...]:
        return tuple(self._pointers.pointers(namespace, "TABLE"))

    def namespaces(self) -> tuple[str, ...]:
        return self._pointers.namespaces()

    def spec(self, name: str) -> TableSpec | None:
        table = self._table(name)
        if table is None:
            return None
        from infra.tables import shape

        return shape.spec_of(table, name)

    def shape(self, spec: TableSpec, *, replacing: bool = False) -> TableSpec:
        from infra.tables import shape

        table = self._table(spec.name)
        if table is None:
            return shape.shaped(None, 0, spec, replacing=replacing)
        return shape.shaped(shape.spec_of(table, spec.name), table.metadata.last_column_id, spec, replacing=replacing)

    def snapshot(self, name: str, branch: str = MAIN) -> Snapshot | None:
        table = self._table(name)
        held = None if table is None else table.snapshot_by_name(branch)
        return None if held is None else _snapshot(held)

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        table = self._table(name)
        return () if table is None else tuple(_snapshot(held) for held in table.metadata.snapshots)

    def files(self, name: str, *, snapshot_id: int | None = None, branch: str = MAIN) -> tuple[DataFile, ...]:
        table = self._table(name)
        if table is None:
            return ()
        held = table.snapshot_by_name(branch) if snapshot_id is None else table.snapshot_by_id(snapshot_id)
        if held is None and snapshot_id is not None:
            raise CommitConflictError(
                f"Table `{name}` no longer has the snapshot {snapshot_id}.", hint="run again: the work starts from what is there."
            )
        return () if held is None else self._files(name, table, held, None)

    def files_added(self, name: str, *, since: int | None, until: int | None = None) -> tuple[DataFile, ...]:
        table = self._table(name)
        held = None if table is None else table.snapshot_by_name(MAIN) if until is None else table.snapshot_by_id(until)
        if table is None or held is None:
            return ()
        from infra.tables import listing

        fresh = None if since is None else listing.newer(table.metadata, since, held.snapshot_id)
        return self._files(name, table, held, fresh)  # nothing known in common: everything counts as new

    def data_folder(self, name: str) -> str:
        from infra.tables import listing

        table = self._table(name)
        return listing.path_of(table.location() if table else self._location(name)) + "/data"

    # Writing.

    def ensure(self, spec: TableSpec) -> TableSpec:
        from infra.tables import commits, shape, staging

        for _ in range(ATTEMPTS):
            table = self._table(spec.name)
            with translated(f"making the table `{spec.name}`"):
                transaction = (
                    staging.created(spec, self._location(spec.name), dict(PROPERTIES)) if table is None else staging.transaction(table)
                )
                if table is not None:
                    commits.reshape(transaction, table, spec, replacing=False)
            after = self._finished(transaction, table)
            if after is table or not self._moved([(spec.name, table, after)]):
                return shape.spec_of(after, spec.name)
        raise _conflict((spec.name,))

    def take(self, name: str, paths: Sequence[str]) -> tuple[str, ...]:
        folder = Path(self.data_folder(name))
        with translated(f"moving files into `{name}`"):
            folder.mkdir(parents=True, exist_ok=True)
            return tuple(str(Path(path).replace(folder / f"{uuid.uuid4().hex}.parquet")) for path in paths)

    def commit(self, change: Commit) -> Snapshot:
        return self.commit_all([change])[0]

    def commit_all(self, changes: Sequence[Commit], views: Sequence[DefinerView] = ()) -> tuple[Snapshot, ...]:
        """All pointers move in one transaction: every change is visible at the same moment, or none is."""
        names = [change.table for change in changes]
        if len(set(names)) < len(names):
            raise ValueError("commit_all takes one change a table")
        lost: tuple[str, ...] = ()
        for _ in range(ATTEMPTS):
            staged = [(change.table, *self._staged(change)) for change in changes]
            lost = self._moved(staged, [self._view_move(view) for view in views])
            if not lost:
                return tuple(_head(after, change.branch) for (_, _, after), change in zip(staged, changes, strict=True))
            if any(change.check_parent for change in changes if change.table in lost):
                break
        raise _conflict(lost)

    def fast_forward(self, name: str, branch: str) -> None:
        from pyiceberg.table.update.snapshot import ManageSnapshots

        from infra.tables import listing, staging

        table = self._table(name)
        target = None if table is None else table.snapshot_by_name(branch)
        if table is None or target is None:
            raise CommitConflictError(f"Table `{name}` has no branch `{branch}`.", hint="run again: the work starts from what is there.")
        main = table.snapshot_by_name(MAIN)
        if main is not None and main.snapshot_id not in {held.snapshot_id for held in listing.lineage(table.metadata, target.snapshot_id)}:
            raise _conflict((name,))
        transaction = staging.transaction(table)
        ManageSnapshots(transaction).set_current_snapshot(target.snapshot_id).remove_branch(branch).commit()
        self._finish_one(name, table, transaction)

    def drop_branch(self, name: str, branch: str) -> None:
        table = self._table(name)
        if table is None or branch not in table.metadata.refs or branch == MAIN:
            return
        from pyiceberg.table.update.snapshot import ManageSnapshots

        from infra.tables import staging

        transaction = staging.transaction(table)
        ManageSnapshots(transaction).remove_branch(branch).commit()
        self._finish_one(name, table, transaction)

    def drop(self, name: str) -> None:
        if location := self._pointers.pointer(name, "TABLE"):
            self._pointers.move([Move(name, "TABLE", location, None)])
        if location := self._pointers.pointer(name, "VIEW"):
            self._pointers.move([Move(name, "VIEW", location, None)])

    # Views.

    def put_views(self, views: Sequence[DefinerView]) -> None:
        """All views change in one transaction; the last writer wins."""
        lost: tuple[str, ...] = ()
        for _ in range(ATTEMPTS):
            moves = [self._view_move(view) for view in views]
            lost = self._pointers.move(moves) if moves else ()
            if not lost:
                return
        raise _conflict(lost)

    def views(self, namespace: str) -> tuple[DefinerView, ...]:
        from infra.tables import view as iceberg_views

        found = self._pointers.pointers(namespace, "VIEW")
        return tuple(iceberg_views.view_of(name, _read_view(location)) for name, location in found.items())

    def view(self, name: str) -> DefinerView | None:
        location = self._pointers.pointer(name, "VIEW")
        if location is None:
            return None
        from infra.tables import view as iceberg_views

        return iceberg_views.view_of(name, _read_view(location))

    # How it is done.

    def _table(self, name: str) -> Table | None:
        location = self._pointers.pointer(name, "TABLE")
        if location is None:
            return None
        if location not in self._seen:  # metadata files never change, so one reading is enough
            from pyiceberg.io import load_file_io
            from pyiceberg.serializers import FromInputFile

            from infra.tables import staging

            with understood(f"reading the table `{name}`"):
                metadata = FromInputFile.table_metadata(load_file_io({}, location).new_input(location))
            self._seen[location] = staging.opened(name, location, metadata)
        return self._seen[location]

    def _files(self, name: str, table: Table, held: IcebergSnapshot, only: frozenset[int] | None) -> tuple[DataFile, ...]:
        from infra.tables import listing

        with understood(f"reading the files of `{name}`"):
            return listing.files(table, held, only)

    def _staged(self, change: Commit) -> tuple[Table | None, Table]:
        from infra.tables import commits, staging

        table = self._table(change.table)
        if table is None and change.spec is None:
            raise CommitConflictError(f"Table `{change.table}` does not exist.", hint="run again: the work starts from what is there.")
        if change.check_parent and commits.head(table.metadata if table else None, change.branch) != change.parent:
            raise _conflict((change.table,))
        with translated(f"committing to `{change.table}`"):
            if table is not None:
                transaction: Transaction = staging.transaction(table)
            elif change.spec is not None:
                transaction = staging.created(change.spec, self._location(change.table), dict(PROPERTIES))
            commits.stage(transaction, table, change)
            return table, self._finished(transaction, table)

    def _finished(self, transaction: Transaction, table: Table | None) -> Table:
        """The table after the transaction, its metadata written and its pointer not yet moved; the same one if nothing changed."""
        from infra.tables import staging

        with translated("writing table metadata"):
            after = transaction.commit_transaction()
        if table is not None and after.metadata_location == table.metadata_location:
            return table
        return staging.opened(".".join(after.name()), after.metadata_location, after.metadata)

    def _finish_one(self, name: str, table: Table, transaction: Transaction) -> None:
        if lost := self._moved([(name, table, self._finished(transaction, table))]):
            raise _conflict(lost)

    def _moved(self, staged: Sequence[tuple[str, Table | None, Table]], views: Sequence[Move] = ()) -> tuple[str, ...]:
        """Move the pointers of all tables and views, or none; returns the names of those where another process was faster."""
        tables = (
            Move(name, "TABLE", before.metadata_location if before else None, after.metadata_location) for name, before, after in staged
        )
        moves = [*tables, *views]
        lost = self._pointers.move(moves) if moves else ()
        if not lost:
            self._seen.update({after.metadata_location: after for _, _, after in staged})
        return lost

    def _view_move(self, view: DefinerView) -> Move:
        from infra.tables import view as iceberg_views

        at, millis = self._pointers.pointer(view.name, "VIEW"), time.time_ns() // 1_000_000
        held = None if at is None else _read_view(at)
        after = iceberg_views.first(view, self._location(view.name), millis) if held is None else iceberg_views.replaced(held, view, millis)
        path = Path(after.location.removeprefix("file://")) / "metadata" / f"{len(after.version_log):05d}-{uuid.uuid4()}.metadata.json"
        with translated(f"writing the view `{view.name}`"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(after.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
        return Move(view.name, "VIEW", at, f"file://{path}")

    def _location(self, name: str) -> str:
        namespace, _, table = name.rpartition(".")
        return f"file://{self._warehouse}/{namespace}/{table}"


def _read_view(location: str) -> ViewMetadata:
    from pyiceberg.view.metadata import ViewMetadata

    with understood("reading a view"):
        return ViewMetadata.model_validate_json(Path(location.removeprefix("file://")).read_bytes())


def _head(table: Table, branch: str) -> Snapshot:
    held = table.snapshot_by_name(branch)
    if held is None:
        raise ValueError(f"a commit left no snapshot on `{branch}`")
    return _snapshot(held)


def _snapshot(held: IcebergSnapshot) -> Snapshot:
    import datetime as dt

    moment = dt.datetime.fromtimestamp(held.timestamp_ms / 1000, tz=dt.UTC)
    summary = held.summary.additional_properties if held.summary else {}
    operation = {"operation": held.summary.operation.value} if held.summary else {}
    return Snapshot(held.snapshot_id, held.parent_snapshot_id, moment, {**summary, **operation})


def _conflict(names: Sequence[str]) -> CommitConflictError:
    return CommitConflictError(
        f"Another process changed `{names[0]}` at the same time; nothing was written.", hint="run the same command again."
    )
