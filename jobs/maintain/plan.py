"""What maintenance will do, as a value: files to merge, snapshots to forget, files to remove; a dry run prints it.

Made from the tables' own metadata; nothing of the data is read. `work.py` walks it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.ledgers.published import publications
from jobs.maintain import as_published, compaction, kept
from jobs.maintain.compaction import Merge
from jobs.table import MAIN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.maintain.policy import MaintenancePolicy
    from jobs.maintain.upkeep import Stray, Upkeep
    from jobs.table import DataFile, Tables

COMPACTED = ("bronze", "quarantine", "gold", "ledger")
"""Namespaces whose files are merged; a saved copy is written anew as a whole each time."""

PLACES = (".staging", "landing/_incoming")
"""Where jobs leave files until they are needed: copies before they are taken, and bytes before they are kept."""


@dataclass(frozen=True, slots=True)
class MaintainLake:
    """What maintenance works on.

    `views` are those that runs may compute; None where they are not known, and then all facts count. `unfinished` are by source
    the batches that a killed landing left.
    """

    tables: Tables
    upkeep: Upkeep
    engine: Engine
    views: Collection[str] | None = None
    unfinished: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableWork:
    """What is to be done with one table. `left` says why nothing is, where something must be finished first."""

    name: str
    files: int
    snapshots: int
    merges: tuple[Merge, ...] = ()
    manifests: bool = False
    branches: tuple[str, ...] = ()
    expire: tuple[int, ...] = ()
    history: tuple[gold.Change, ...] = ()
    left: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.merges or self.manifests or self.branches or self.expire)


@dataclass(frozen=True, slots=True)
class FolderWork:
    """Files below one folder of the lake that nothing refers to."""

    folder: str
    strays: tuple[Stray, ...]

    @property
    def bytes(self) -> int:
        return sum(stray.bytes for stray in self.strays)


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """All that is to be done."""

    tables: tuple[TableWork, ...]
    folders: tuple[FolderWork, ...]

    @property
    def is_empty(self) -> bool:
        return all(work.is_empty for work in self.tables) and not any(work.strays for work in self.folders)


def plan(
    lake: MaintainLake,
    policy: MaintenancePolicy,
    now: dt.datetime,
    names: Sequence[str] = (),
    advance: Callable[[int], None] = lambda _: None,
) -> MaintenancePlan:
    """What is to be done with some tables, all by default. Raises JobError for a table that is not there."""
    chosen = tuple(names) or tables_of(lake)
    for name in chosen:
        if lake.tables.spec(name) is None:
            raise JobError(f"There is no table `{name}`.", hint="name it in full, such as `bronze.viewing_events`.")
    needs = _needs(lake, policy, now)
    works = []
    for name in chosen:
        works.append(_table_work(lake, policy, needs, name, now))
        advance(1)
    forgotten = frozenset(snapshot for work in works for snapshot in work.expire)
    folders = _folders(lake, chosen if names else None, now - policy.stray_age, forgotten)
    return MaintenancePlan(tuple(works), folders)


def tables_of(lake: MaintainLake) -> tuple[str, ...]:
    """All tables of the lake, by name."""
    return tuple(name for namespace in lake.tables.namespaces() for name in lake.tables.names(namespace))


def _needs(lake: MaintainLake, policy: MaintenancePolicy, now: dt.datetime) -> kept.Needs:
    """What runs, readers and landings need of the tables."""
    there = [name.partition(".")[2] for name in lake.tables.names("gold")]
    views = there if lake.views is None else [view for view in there if view in lake.views]
    heads = [state.run_id for view in views if (state := gold.state(lake.tables, view)) is not None]
    batches = [batch for held in lake.unfinished.values() for batch in held]
    return kept.Needs(
        inputs=kept.inputs_of(lake.tables, views),
        published=as_published.published_since(lake.tables, lake.engine, now - policy.keep_published),
        blocks=tuple(sorted({*heads, *batches})),
    )


def _table_work(lake: MaintainLake, policy: MaintenancePolicy, needs: kept.Needs, name: str, now: dt.datetime) -> TableWork:
    files, snapshots = lake.tables.files(name), lake.tables.snapshots(name)
    if left := _unfinished(lake, name):
        return TableWork(name, len(files), len(snapshots), left=left)
    head, refs = lake.tables.snapshot(name), lake.upkeep.refs(name)
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    stale = [ref for ref in refs if not ref.is_tag and ref.name.startswith("run-") and ref.name != MAIN]
    stale = [ref for ref in stale if by_id[ref.snapshot_id].committed_at < now - policy.stray_age]
    expire = kept.expirable(name, snapshots, head, [ref for ref in refs if ref not in stale], needs, now - policy.keep)
    merges = compaction.merges(_mergeable(lake, name, files, needs), policy)
    return TableWork(
        name,
        len(files),
        len(snapshots),
        merges=merges,
        manifests=not merges and _has_many_manifests(lake, name, policy),
        branches=tuple(ref.name for ref in stale),
        expire=expire,
        history=condensed_past(lake.tables, lake.engine, name, frozenset(expire)),
    )


def _unfinished(lake: MaintainLake, name: str) -> str:
    """Why a table is left alone: a landing or a run that was cut off looks for what it did in the table's snapshots."""
    namespace, _, table = name.partition(".")
    if namespace in ("bronze", "quarantine") and lake.unfinished.get(table):
        return f"a landing of `{table}` was cut off: `ringi land` finishes it"
    if namespace == "gold":
        state = gold.state(lake.tables, table)
        if state is not None and not ledger.recorded(lake.tables, ledger.RUNS, state.run_id):
            return "a run was cut off: `ringi run` finishes it"
    return ""


def _has_many_manifests(lake: MaintainLake, name: str, policy: MaintenancePolicy) -> bool:
    return name.partition(".")[0] in COMPACTED and lake.upkeep.manifests(name) > max(1, policy.most_manifests)


def _mergeable(lake: MaintainLake, name: str, files: Iterable[DataFile], needs: kept.Needs) -> list[DataFile]:
    """The files of a table that may be merged: those that every view has computed, since a view looks into all that is new."""
    if name.partition(".")[0] not in COMPACTED:
        return []
    new = {file.path for since in needs.inputs.get(name, frozenset()) for file in lake.tables.files_added(name, since=since or None)}
    return [file for file in files if file.path not in new]


def condensed_past(tables: Tables, engine: Engine, name: str, expire: frozenset[int]) -> tuple[gold.Change, ...]:
    """What must be written down of the facts' past before some of it is forgotten: who changed what, and what copies were made of.

    The last change of each country, and the states that copies of theirs name: publishing asks which of the two came later.
    """
    namespace, _, view = name.partition(".")
    states = list(gold.lineage(tables, view)) if namespace == "gold" else []
    staying = list(takewhile(lambda state: state.snapshot_id not in expire, states))
    if len(staying) == len(states) or any(state.history for state in staying):  # it knows all that came before it
        return ()
    copied = {publication.gold_snapshot for publication in publications(tables, engine).values() if publication.view == view}
    seen: set[str] = set()
    found = []
    for change in gold.past(states):
        last = change.touched - seen
        seen |= last
        if last or change.snapshot_id in copied:
            found.append(gold.Change(change.snapshot_id, last))
    return tuple(found)


def _folders(lake: MaintainLake, chosen: Sequence[str] | None, before: dt.datetime, forgotten: frozenset[int]) -> tuple[FolderWork, ...]:
    """Files that nothing refers to: of the chosen tables alone, or of the whole lake with what no table has any more."""
    if chosen is None:
        folders = (*lake.tables.namespaces(), *PLACES)
        return tuple(FolderWork(folder, lake.upkeep.strays(folder, before, forgotten)) for folder in folders)
    found = []
    for namespace in sorted({name.partition(".")[0] for name in chosen}):
        places = tuple(f"{lake.tables.data_folder(name).rpartition('/')[0]}/" for name in chosen if name.startswith(f"{namespace}."))
        strays = lake.upkeep.strays(namespace, before, forgotten)
        found.append(FolderWork(namespace, tuple(stray for stray in strays if stray.path.startswith(places))))
    return tuple(found)
