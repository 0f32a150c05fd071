"""Tables without their past, for erasure: the port `jobs.erase.ports.Forgetting` over any catalog and place for files.

Maintenance keeps what somebody may still ask for; here nothing but the head of main is kept. The new metadata file is written as
every commit writes one, and the pointer moves to it, so a table is forgotten whole or not at all.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from jobs.erase.ports import File, Past
from jobs.errors import CommitConflictError
from jobs.table import MAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata

    from infra.tables.iceberg import IcebergTables
    from infra.tables.maintenance import TableUpkeep
    from jobs.maintain.upkeep import Stray


class TableForgetting:
    """Forgetting over the tables of one lake. Hold the lake's lock."""

    def __init__(self, tables: IcebergTables, upkeep: TableUpkeep) -> None:
        self._tables, self._upkeep = tables, upkeep

    def data_files(self, name: str) -> tuple[str, ...]:
        return tuple(sorted(stray.path for stray in self._below(name) if stray.path.endswith(".parquet")))

    def metadata_files(self, name: str) -> tuple[File, ...]:
        found = (stray for stray in self._below(name) if not stray.path.endswith(".parquet"))
        return tuple(File(f"{name}: {stray.path.rpartition('/')[2]}", stray.path, stray.bytes) for stray in found)

    def past(self, name: str) -> Past:
        table = self._tables.opened(name)
        return Past(0, (), (), 0) if table is None else _past(table.metadata)

    def forget(self, name: str) -> Past:
        table = self._there(name)
        past = _past(table.metadata)
        if not past.is_empty:
            self._tables.put_metadata(name, table, _present(table.metadata))
        return past

    def leftovers(self, name: str) -> tuple[Stray, ...]:
        found = self._below(name)
        needed = self._upkeep.paths_of(name)
        return tuple(stray for stray in found if stray.path not in needed)

    def remove(self, paths: Sequence[str]) -> None:
        self._upkeep.remove(paths)
        namespaces = {path.rpartition("/data/")[0] for path in paths if "/data/" in path}
        for place in sorted(namespaces):
            self._tables.store.remove_empty_folders(place, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))

    def _below(self, name: str) -> list[Stray]:
        place = self._there(name).location()
        self._upkeep.refuse_elsewhere(name)
        with self._tables.store.translated(f"looking through `{name}`"):
            return list(self._tables.store.below(place))

    def _there(self, name: str) -> Table:
        table = self._tables.opened(name)
        if table is None:
            raise CommitConflictError(f"Table `{name}` does not exist.", hint="run again: the work starts from what is there.")
        return table


def _past(metadata: TableMetadata) -> Past:
    head = metadata.current_snapshot_id
    refs = [(name, ref) for name, ref in metadata.refs.items() if name != MAIN]
    others = sum(snapshot.snapshot_id != head for snapshot in metadata.snapshots)
    tags = tuple(sorted(name for name, ref in refs if ref.snapshot_ref_type.value == "tag"))
    branches = tuple(sorted(name for name, ref in refs if ref.snapshot_ref_type.value != "tag"))
    return Past(others, branches, tags, len(metadata.metadata_log))


def _present(metadata: TableMetadata) -> TableMetadata:
    """The metadata of a table that has its head and nothing else."""
    head = metadata.current_snapshot_id
    return metadata.model_copy(
        update={
            "snapshots": [snapshot for snapshot in metadata.snapshots if snapshot.snapshot_id == head],
            "refs": {name: ref for name, ref in metadata.refs.items() if name == MAIN},
            "snapshot_log": [entry for entry in metadata.snapshot_log if entry.snapshot_id == head][-1:],
            "metadata_log": [],
            "statistics": [],
            "partition_statistics": [],
        }
    )
