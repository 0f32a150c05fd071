"""What keeping tables small needs of PyIceberg and of the place where files lie: the port `jobs.maintain.upkeep.Upkeep`.

Works for every catalog and place that `IcebergTables` works for, through the same ports. Made by `ringi/lake.py`, used by `ringi maintain` and `ringi keep`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.tables import data_files, staging
from jobs.errors import CommitConflictError
from jobs.maintain.upkeep import Ref, Stray

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from infra.tables.iceberg import IcebergTables

VERSIONS_OF_A_VIEW = 2
"""Metadata files of a view that stay: the present one, and the one before it for those who have just asked."""


class TableUpkeep:
    """Expiring, tagging and sweeping over the tables of one lake."""

    def __init__(self, tables: IcebergTables) -> None:
        self._tables = tables

    def refs(self, name: str) -> tuple[Ref, ...]:
        table = self._tables.opened(name)
        refs = table.metadata.refs.items() if table else ()
        return tuple(sorted(Ref(ref, held.snapshot_id, held.snapshot_ref_type.value == "tag") for ref, held in refs))

    def manifests(self, name: str) -> int:
        table = self._tables.opened(name)
        head = None if table is None else table.current_snapshot()
        return 0 if table is None or head is None else len(head.manifests(table.io))

    def expire(self, name: str, snapshot_ids: Sequence[int]) -> None:
        from pyiceberg.table.update import RemoveSnapshotsUpdate

        table = self._there(name)
        transaction = staging.transaction(table)
        transaction._stage((RemoveSnapshotsUpdate(snapshot_ids=list(snapshot_ids)),))
        self._tables.finish(name, table, transaction)

    def tag(self, name: str, tag: str, snapshot_id: int) -> None:
        from pyiceberg.table.update.snapshot import ManageSnapshots

        table = self._there(name)
        transaction = staging.transaction(table)
        ManageSnapshots(transaction).create_tag(snapshot_id, tag).commit()
        self._tables.finish(name, table, transaction)

    def untag(self, name: str, tag: str) -> None:
        from pyiceberg.table.update.snapshot import ManageSnapshots

        table = self._there(name)
        transaction = staging.transaction(table)
        ManageSnapshots(transaction).remove_tag(tag).commit()
        self._tables.finish(name, table, transaction)

    def strays(self, folder: str, before: dt.datetime, without: frozenset[int] = frozenset()) -> tuple[Stray, ...]:
        found = self._iceberg_files(folder)
        needed = self._needed(folder, without)  # asked after the listing: what was committed meanwhile is known
        return tuple(stray for stray in found if stray.written_at < before and stray.path not in needed)

    def remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            with self._tables.store.translated(f"removing `{path}`"), suppress(FileNotFoundError):
                self._tables.store.io(path).delete(path)

    def remove_empty_folders(self, folder: str, before: dt.datetime) -> None:
        place = self._place(folder)
        with self._tables.store.translated(f"looking through `{folder}`"):
            self._tables.store.remove_empty_folders(place, before)

    def _there(self, name: str) -> Table:
        table = self._tables.opened(name)
        if table is None:
            raise CommitConflictError(f"Table `{name}` does not exist.", hint="run again: the work starts from what is there.")
        return table

    def paths_of(self, name: str) -> frozenset[str]:
        """Every path that a table refers to."""
        return frozenset(self._table_paths(name, frozenset()))

    def _needed(self, folder: str, without: frozenset[int]) -> frozenset[str]:
        """Every path below a folder that a table or view refers to."""
        if folder not in self._tables.namespaces():
            return frozenset()
        names = self._tables.names(folder)
        for name in names:
            self.refuse_elsewhere(name)
        paths = {path for name in names for path in self._table_paths(name, without)}
        return frozenset(paths | self._view_paths(folder))

    def refuse_elsewhere(self, name: str) -> None:
        """A copied lake still refers to the files of the original: below its own folders nothing would be referred to."""
        place, expected = self._there(name).location(), self._tables.store.location(name)
        if data_files.path_of(place) != data_files.path_of(expected):
            raise InfraError(
                f"Table `{name}` lies at {data_files.path_of(place)}, not in this lake at {data_files.path_of(expected)}. Nothing was changed.",
                hint="this lake was copied or moved: maintain it where it was made. More: ringi explain RNG-JOB-081",
            )

    def _table_paths(self, name: str, without: frozenset[int]) -> Iterator[str]:
        table = self._tables.opened(name)
        if table is None:
            return
        yield data_files.path_of(table.metadata_location)
        yield from (data_files.path_of(entry.metadata_file) for entry in table.metadata.metadata_log)
        yield from (data_files.path_of(entry.statistics_path) for entry in table.metadata.statistics)
        read: set[str] = set()
        with self._tables.store.understood(f"reading the files of `{name}`"):
            for snapshot in table.metadata.snapshots:
                if snapshot.snapshot_id in without:
                    continue
                yield data_files.path_of(snapshot.manifest_list)
                for manifest in snapshot.manifests(table.io):
                    if manifest.manifest_path in read:
                        continue
                    read.add(manifest.manifest_path)
                    yield data_files.path_of(manifest.manifest_path)
                    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                        yield data_files.path_of(entry.data_file.file_path)

    def _view_paths(self, folder: str) -> set[str]:
        """The metadata files of views that stay."""
        found: set[str] = set()
        for location in self._tables.view_pointers(folder).values():
            metadata = location.rpartition("/")[0]
            versions = sorted((stray.path for stray in self._files_below(metadata)), reverse=True)
            found |= {data_files.path_of(location), *versions[:VERSIONS_OF_A_VIEW]}
        return found

    def _files_below(self, location: str) -> tuple[Stray, ...]:
        with self._tables.store.translated(f"looking through `{location}`"):
            return tuple(self._tables.store.below(location))

    def _iceberg_files(self, folder: str) -> tuple[Stray, ...]:
        """Files below a folder; of a namespace only what lies where Iceberg writes, since `ledger/queries` is nobody's table."""
        place = self._place(folder)
        found = self._files_below(place)
        if folder not in self._tables.namespaces():
            return found
        start = len(f"{data_files.path_of(place)}/")
        return tuple(stray for stray in found if stray.path[start:].split("/")[1:2] in (["data"], ["metadata"]))

    def _place(self, folder: str) -> str:
        """The location of a namespace, or of a place beside them."""
        return self._tables.store.location(f"{folder}.x").rpartition("/")[0]
