"""Iceberg tables of any catalog: the `Tables` port over PyIceberg, pointers and files (`ports.py`).

Made by the adapters of the places (`infra/local/iceberg.py`, `infra/aws/tables.py`); used by every job through the port. Opening
it touches nothing. A commit writes new files first and then moves pointers, so a reader sees a table before or after a commit,
never a half. Where the catalog moves many pointers at once, many tables change at one moment; elsewhere each table by itself,
tables before views. PyIceberg is imported when a table is first touched: it takes a second.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import TYPE_CHECKING

from infra.tables.ports import Files, Move, Pointers, Views
from jobs.errors import CommitConflictError
from jobs.publishing.regain import NothingToRegain
from jobs.table import MAIN, Commit, DataFile, Days, DefinerView, Snapshot, TableSpec

if TYPE_CHECKING:
    from pyiceberg.table import Table, Transaction
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot

    from infra.tables.listing import Fresh
    from jobs.publishing.regain import Regain

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


WRITERS = 8
"""How many tables are committed side by side where each moves by itself: a commit waits for the network, not for a processor."""


class IcebergTables:
    """The tables and views of one lake."""

    def __init__(self, pointers: Pointers, files: Files, views: Views, *, writers: int = WRITERS, regain: Regain | None = None) -> None:
        self._pointers, self._store, self._views, self._writers = pointers, files, views, writers
        self.regain: Regain = regain or NothingToRegain()
        """Gives tables that are made anew their access back."""
        self._seen: dict[str, Table] = {}
        self._turn = RLock()  # threads of one process take turns at writing, so they are no strangers to each other

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

    def files(self, name: str, *, snapshot_id: int | None = None, branch: str = MAIN, on: Days | None = None) -> tuple[DataFile, ...]:
        table = self._table(name)
        if table is None:
            return ()
        held = table.snapshot_by_name(branch) if snapshot_id is None else table.snapshot_by_id(snapshot_id)
        if held is None and snapshot_id is not None:
            raise CommitConflictError(
                f"Table `{name}` no longer has the snapshot {snapshot_id}.", hint="run again: the work starts from what is there."
            )
        return () if held is None else self._files(name, table, held, on=on)

    def files_added(self, name: str, *, since: int | None, until: int | None = None) -> tuple[DataFile, ...]:
        table = self._table(name)
        held = None if table is None else table.snapshot_by_name(MAIN) if until is None else table.snapshot_by_id(until)
        if table is None or held is None:
            return ()
        from infra.tables import listing

        fresh = None if since is None else listing.newer(table.metadata, since, held.snapshot_id)
        return self._files(name, table, held, fresh=fresh)  # nothing known in common: everything counts as new

    def data_folder(self, name: str) -> str:
        from infra.tables import data_files

        table = None if name.startswith(".") else self._table(name)  # the catalog knows no such namespaces, and need not be asked
        return data_files.path_of(table.location() if table else self._store.location(name)) + "/data"

    # Writing.

    def ensure(self, spec: TableSpec) -> TableSpec:
        from infra.tables import commits, shape, staging

        for _ in range(ATTEMPTS):
            table = self._table(spec.name)
            with self._store.translated(f"making the table `{spec.name}`"):
                transaction = self._created(spec) if table is None else staging.transaction(table)
                if table is not None:
                    commits.reshape(transaction, table, spec, replacing=False)
            after = self._finished(transaction, table)
            if after is table or not self._moved([(spec.name, table, after)]):
                return shape.spec_of(after, spec.name)
        raise _conflict((spec.name,))

    def take(self, name: str, paths: Sequence[str]) -> tuple[str, ...]:
        with self._store.translated(f"moving files into `{name}`"):
            return self._store.take(self.data_folder(name), paths)

    def commit(self, change: Commit) -> Snapshot:
        return self.commit_all([change])[0]

    def commit_all(self, changes: Sequence[Commit], views: Sequence[DefinerView] = ()) -> tuple[Snapshot, ...]:
        names = [change.table for change in changes]
        if len(set(names)) < len(names):
            raise ValueError("commit_all takes one change a table")
        with self._turn:
            return self._commit_at_once(changes, views) if self._pointers.at_once else self._commit_each(changes, views)

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
        from pyiceberg.table.update.snapshot import ManageSnapshots

        from infra.tables import staging

        with self._turn:
            table = self._table(name)
            if table is None or branch not in table.metadata.refs or branch == MAIN:
                return
            transaction = staging.transaction(table)
            ManageSnapshots(transaction).remove_branch(branch).commit()
            self._finish_one(name, table, transaction)

    def drop(self, name: str) -> None:
        if location := self._pointers.pointer(name, "TABLE"):
            self._pointers.move([Move(name, "TABLE", location, None)])
        self._views.drop(name)

    # Views.

    def put_views(self, views: Sequence[DefinerView]) -> None:
        """All views change in one transaction where the catalog can; the last writer wins."""
        lost: tuple[str, ...] = ()
        for _ in range(ATTEMPTS):
            moves = self._views.moves(views)
            lost = self._pointers.move(moves) if moves else ()
            if not lost:
                return self._views.put(views)
        raise _conflict(lost)

    def views(self, namespace: str) -> tuple[DefinerView, ...]:
        return self._views.of(namespace)

    def view(self, name: str) -> DefinerView | None:
        return self._views.one(name)

    # What maintenance needs (`maintenance.py`).

    @property
    def store(self) -> Files:
        """The lake's files."""
        return self._store

    def opened(self, name: str) -> Table | None:
        """A table as PyIceberg sees it, or None."""
        return self._table(name)

    def finish(self, name: str, table: Table, transaction: Transaction) -> None:
        """Commit a transaction on one table; refused where another process was faster."""
        with self._store.translated(f"committing to `{name}`"):
            self._finish_one(name, table, transaction)

    def put_metadata(self, name: str, table: Table, metadata: TableMetadata) -> None:
        """Give a table this metadata in the place of what it has; refused where another process was faster."""
        from infra.tables import staging

        with self._store.translated(f"writing the metadata of `{name}`"):
            location = staging.written(table, metadata)
        after = staging.opened(name, location, metadata, table.io)
        if lost := self._moved([(name, table, after)]):
            raise _conflict(lost)

    def view_pointers(self, namespace: str) -> Mapping[str, str]:
        """Metadata files of the views that lie behind pointers, by full name."""
        return self._pointers.pointers(namespace, "VIEW")

    # How it is done.

    def _commit_at_once(self, changes: Sequence[Commit], views: Sequence[DefinerView]) -> tuple[Snapshot, ...]:
        """All pointers move in one transaction: every change is visible at the same moment, or none is."""
        lost: tuple[str, ...] = ()
        for _ in range(ATTEMPTS):
            staged = [(change.table, *self._staged(change)) for change in changes]
            lost = self._moved(staged, self._views.moves(views))
            if not lost:
                self._views.put(views)
                return tuple(_head(after, change.branch) for (_, _, after), change in zip(staged, changes, strict=True))
            if any(change.check_parent for change in changes if change.table in lost):
                break
        raise _conflict(lost)

    def _commit_each(self, changes: Sequence[Commit], views: Sequence[DefinerView]) -> tuple[Snapshot, ...]:
        """Each table moves by itself, all of them before the views. A stale change is refused before any table has moved.

        What was given on tables that were not there is put back before a view shows them.
        """
        with ThreadPoolExecutor(max_workers=max(1, min(self._writers, len(changes)))) as pool:
            new = self._new([change.table for change in changes], pool)
            self.regain.making(new)
            if len(changes) > 1:
                list(pool.map(lambda change: self._refuse_stale(change, self._table(change.table)), changes))
            waiting = [pool.submit(self._commit_alone, change) for change in changes]
            try:
                made = tuple(one.result() for one in waiting)
            except BaseException:
                for one in waiting:
                    one.cancel()  # those that have begun end by themselves
                raise
        self.regain.made(new)
        if views:
            self._views.put(views)
        return made

    def _new(self, names: Sequence[str], pool: ThreadPoolExecutor) -> list[str]:
        """Those tables that do not exist yet and on which something may have been given before."""
        asked = [name for name in names if self.regain.governs(name)]
        found = pool.map(lambda name: self._pointers.pointer(name, "TABLE"), asked)
        return [name for name, location in zip(asked, found, strict=True) if location is None]

    def _commit_alone(self, change: Commit) -> Snapshot:
        for attempt in range(ATTEMPTS):
            before, after = self._staged(change)
            if not self._moved([(change.table, before, after)]):
                return _head(after, change.branch)
            if change.check_parent:
                break
            time.sleep(random.SystemRandom().uniform(0, min(2.0, 0.05 * 2**attempt)))  # writers that met once should not meet again
        raise _conflict((change.table,))

    def _table(self, name: str) -> Table | None:
        location = self._pointers.pointer(name, "TABLE")
        if location is None:
            return None
        if location not in self._seen:  # metadata files never change, so one reading is enough
            from pyiceberg.serializers import FromInputFile

            from infra.tables import staging

            with self._store.understood(f"reading the table `{name}`"):
                io = self._store.io(location)
                metadata = FromInputFile.table_metadata(io.new_input(location))
            self._seen[location] = staging.opened(name, location, metadata, io)
        return self._seen[location]

    def _files(
        self, name: str, table: Table, held: IcebergSnapshot, *, fresh: Fresh | None = None, on: Days | None = None
    ) -> tuple[DataFile, ...]:
        from infra.tables import listing

        with self._store.understood(f"reading the files of `{name}`"):
            return listing.files(table, held, fresh=fresh, on=on)

    def _staged(self, change: Commit) -> tuple[Table | None, Table]:
        from infra.tables import commits, staging

        table = self._table(change.table)
        if table is None and change.spec is None:
            raise CommitConflictError(f"Table `{change.table}` does not exist.", hint="run again: the work starts from what is there.")
        self._refuse_stale(change, table)
        with self._store.translated(f"committing to `{change.table}`"):
            if table is not None:
                transaction: Transaction = staging.transaction(table)
            elif change.spec is not None:
                transaction = self._created(change.spec)
            commits.stage(transaction, table, change)
            return table, self._finished(transaction, table)

    def _refuse_stale(self, change: Commit, table: Table | None) -> None:
        from infra.tables import commits

        if change.check_parent and commits.head(table.metadata if table else None, change.branch) != change.parent:
            raise _conflict((change.table,))

    def _created(self, spec: TableSpec) -> Transaction:
        from infra.tables import staging

        location = self._store.location(spec.name)
        return staging.created(spec, location, dict(PROPERTIES), self._store.io(location))

    def _finished(self, transaction: Transaction, table: Table | None) -> Table:
        """The table after the transaction, its metadata written and its pointer not yet moved; the same one if nothing changed."""
        from infra.tables import staging

        with self._store.translated("writing table metadata"):
            after = transaction.commit_transaction()
        if table is not None and after.metadata_location == table.metadata_location:
            return table
        return staging.opened(".".join(after.name()), after.metadata_location, after.metadata, after.io)

    def _finish_one(self, name: str, table: Table, transaction: Transaction) -> None:
        if lost := self._moved([(name, table, self._finished(transaction, table))]):
            raise _conflict(lost)

    def _moved(self, staged: Sequence[tuple[str, Table | None, Table]], views: Sequence[Move] = ()) -> tuple[str, ...]:
        """Move the pointers of all tables and views, or none; returns the names of those where another process was faster."""
        tables = (
            Move(name, "TABLE", before.metadata_location if before else None, after.metadata_location, after.metadata)
            for name, before, after in staged
        )
        moves = [*tables, *views]
        lost = self._pointers.move(moves) if moves else ()
        if not lost:
            self._seen.update({after.metadata_location: after for _, _, after in staged})
        return lost


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
