"""Compaction: small files of a partition become few, with the same rows in the same order.

`merges` says which files, as a value; `compact` writes, compares row by row, and commits a snapshot under the operation
`replace`, which nobody takes for new events. Files that some view has not computed yet are left for a later time.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.maintain.policy import MIB, MaintenancePolicy
from jobs.table import Commit, DataFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.engine import Engine
    from jobs.table import Snapshot, Tables

CHAIN_ORDER = ("block_number", "line")
"""The order of a ledger's rows, which its shape does not name."""


class CompactionError(JobError):
    """Merged files do not hold the rows of the files that they should replace; the table is as it was."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Small files of one partition that become one."""

    files: tuple[DataFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def merges(files: Sequence[DataFile], policy: MaintenancePolicy) -> tuple[Merge, ...]:
    """Which files to merge: where a partition has too many small ones, they are packed up to the target size.

    Doing it again gives nothing: what was merged is one file, or too large to be small.
    """
    by_partition: dict[tuple[object, ...], list[DataFile]] = defaultdict(list)
    for file in files:
        if file.bytes < policy.smallest_mb * MIB:
            by_partition[file.partition].append(file)
    crowded = (small for small in by_partition.values() if len(small) > max(1, policy.most_small_files))
    return tuple(Merge(tuple(bin_)) for small in crowded for bin_ in _bins(small, policy.target_mb * MIB) if len(bin_) > 1)


def _bins(files: Sequence[DataFile], most: float) -> Iterator[list[DataFile]]:
    held: list[DataFile] = []
    size = 0
    for file in sorted(files, key=lambda one: (one.bytes, one.path)):
        if held and size + file.bytes > most:
            yield held
            held, size = [], 0
        held.append(file)
        size += file.bytes
    yield held


def commits_of(planned: Sequence[Merge], policy: MaintenancePolicy) -> Iterator[tuple[Merge, ...]]:
    """Merges that are written by one statement and committed together: of different partitions, and not too large."""
    waiting = list(planned)
    while waiting:
        group: list[Merge] = []
        seen: set[tuple[object, ...]] = set()
        for merge in waiting:
            fits = sum(one.bytes for one in group) + merge.bytes <= policy.commit_mb * MIB
            if merge.files[0].partition not in seen and (fits or not group):
                group.append(merge)
                seen.add(merge.files[0].partition)
        waiting = [merge for merge in waiting if merge not in group]
        yield tuple(group)


def compact(tables: Tables, engine: Engine, name: str, group: Sequence[Merge]) -> int:
    """Write the rows of the group's files anew, compare, commit; gives how many files the table has less."""
    spec, head = tables.spec(name), tables.snapshot(name)
    if spec is None or head is None:
        return 0
    paths = [file.path for merge in group for file in merge.files]
    names = ", ".join(f'"{column.name}"' for column in spec.columns)
    before = f"SELECT {names} FROM {engine.relation(paths, spec.columns)}"
    sort = CHAIN_ORDER if name.startswith("ledger.") else spec.sort
    folder = f"{tables.data_folder(name)}/merged-{uuid.uuid4().hex}"
    written = engine.write(before, folder, spec.columns, spec.partition, sort=sort)
    reached("compact_written")
    _audit(engine, name, before, f"SELECT {names} FROM {engine.relation([file.path for file in written], spec.columns)}")
    summary = carried(name, head)
    tables.commit(Commit(name, [file.path for file in written], paths, summary=summary, parent=head.id, rewrites=True))
    reached("compact_committed")
    return len(paths) - len(written)


def carried(name: str, head: Snapshot) -> dict[str, str]:
    """What the new snapshot says about itself because the one before it did: the state of facts, the end of a ledger's chain."""
    if name.startswith("gold."):
        return gold.carried(head)
    if name.startswith("ledger."):
        return {key: head.summary[key] for key in (ledger.BLOCK, ledger.BLOCK_HASH, ledger.BLOCK_NUMBER) if key in head.summary}
    return {}


def _audit(engine: Engine, name: str, before: str, after: str) -> None:
    """As many rows as before, and none of those before is missing: then they are the same, each as often."""
    rows = engine.value(f"SELECT count(*) FROM ({before}) AS rows_before")
    now = engine.value(f"SELECT count(*) FROM ({after}) AS rows_after")
    lost = engine.value(f"SELECT count(*) FROM (({before}) EXCEPT ALL ({after})) AS rows_lost")
    if rows != now or lost:
        raise CompactionError(
            f"Merging files of `{name}` failed its audit: {rows:,} rows became {now:,}, {lost:,} are missing. The table is as it was.",
            hint="this is a fault of Ringi, or files of the lake were changed by hand: please report it. More: ringi explain RNG-JOB-080",
        )
