"""Which snapshots of a table stay, and which may be forgotten: the rule that keeps readers, runs and "as published" whole.

Pure functions over what tables and ledgers say; used by `plan.py`. A snapshot stays while it is or was the head less than
`keep_days` ago, while a branch or a tag names it, while a publication that must stay readable reads it, and while the next run
needs it to know what is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.facts import gold
from jobs.ledgers import ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from jobs.maintain.upkeep import Ref
    from jobs.table import Snapshot, Tables


STREAM = "ringi.stream"
"""In the summary of a snapshot that a stream's micro-batch made: the stream (see `jobs.land.spark.stream`)."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the lake still needs, beyond the age of snapshots.

    `inputs` are, by table, the snapshots that facts were computed from; `published` the snapshots of saved copies that must stay
    readable; `blocks` what the names of ledger blocks begin with that a run may ask for again.
    """

    inputs: Mapping[str, frozenset[int]]
    published: Mapping[str, frozenset[int]]
    blocks: tuple[str, ...]


def inputs_of(tables: Tables, views: Collection[str]) -> dict[str, frozenset[int]]:
    """By table the snapshots that the present facts of some views were computed from."""
    found: dict[str, set[int]] = {}
    for view in views:
        state = gold.state(tables, view)
        for name, snapshot in state.inputs.items() if state else ():
            found.setdefault(name, set()).add(snapshot)
    return {name: frozenset(ids) for name, ids in found.items()}


def superseded(snapshots: Sequence[Snapshot], head: Snapshot | None) -> dict[int, dt.datetime]:
    """When each former head of main stopped being it: the time of the snapshot that followed."""
    found: dict[int, dt.datetime] = {}
    for later, earlier in _pairs(snapshots, head):
        found[earlier.id] = later.committed_at
    return found


def expirable(
    name: str, snapshots: Sequence[Snapshot], head: Snapshot | None, refs: Sequence[Ref], needs: Needs, before: dt.datetime
) -> tuple[int, ...]:
    """Snapshots that may be forgotten, oldest first: superseded, or made and never part of main, before a moment."""
    if head is None:
        return ()
    ended = superseded(snapshots, head)
    kept = {head.id, *(ref.snapshot_id for ref in refs), *needs.published.get(name, ()), *_since_inputs(name, snapshots, head, needs)}
    kept |= {snapshot.id for snapshot in snapshots if _is_asked_for(snapshot, needs.blocks)}
    newest = {snapshot.summary[STREAM]: snapshot.id for snapshot in snapshots if STREAM in snapshot.summary}
    kept |= set(newest.values())
    return tuple(
        snapshot.id for snapshot in snapshots if snapshot.id not in kept and ended.get(snapshot.id, snapshot.committed_at) < before
    )


def _since_inputs(name: str, snapshots: Sequence[Snapshot], head: Snapshot, needs: Needs) -> set[int]:
    """From the oldest snapshot that facts were computed from up to the head: what is new is found by walking them."""
    wanted = needs.inputs.get(name, frozenset()) - {0}
    lineage = [head, *(earlier for _, earlier in _pairs(snapshots, head))]
    places = [place for place, snapshot in enumerate(lineage) if snapshot.id in wanted]
    return {snapshot.id for snapshot in lineage[: max(places) + 1]} if places else set()


def _is_asked_for(snapshot: Snapshot, blocks: tuple[str, ...]) -> bool:
    names = [snapshot.summary.get(ledger.BLOCK, ""), *snapshot.summary.get(ledger.CARRIED, "").split("\n")]
    return bool(blocks) and any(name.startswith(blocks) for name in names)


def _pairs(snapshots: Sequence[Snapshot], head: Snapshot | None) -> Iterator[tuple[Snapshot, Snapshot]]:
    """Each snapshot of main with the one before it, newest first."""
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    while head is not None:
        before = by_id.get(head.parent_id) if head.parent_id is not None else None
        if before is not None:
            yield head, before
        head = before
