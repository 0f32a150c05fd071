"""Reading a saved copy as it was published: at a moment, or under a name that was given with `ringi keep`.

The publication ledger says which snapshot of a copy was published when; maintenance keeps those snapshots for
`keep_published_days`, and named ones until the name is forgotten. Used by `ringi keep`, `ringi query` and by maintenance.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects import literal
from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.ledgers.published import PUBLISHED, WITHDRAWN
from views.published_view import saved_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from jobs.engine import Engine
    from jobs.maintain.upkeep import Upkeep
    from jobs.table import DataFile, Snapshot, Tables

TAG = "kept-"
"""What tags of kept publications begin with."""

NEWEST = "(block_number, line)"


class NotKeptError(JobError):
    """What was published at that time is not kept any more, or nothing was."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved copy under a name: its table, and whether the name is new there."""

    table: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class PublishedCopy:
    """A country's saved copy as it was published: its files, and the digest of the certified meaning of each column of numbers."""

    files: tuple[DataFile, ...]
    meanings: Mapping[str, str]


def copy_at(tables: Tables, engine: Engine, view: str, country: str, at: dt.datetime) -> PublishedCopy:
    """A country's copy as it was published at a moment. Raises NotKeptError where it is gone, or was not there."""
    held = _publications(tables, engine)
    name = saved_name(country, view)
    found = (
        []
        if held is None
        else engine.rows(
            f"SELECT max_by(saved_snapshot, {NEWEST}), max_by(action, {NEWEST}) FROM {held} WHERE view = {literal(engine.dialect, view)}"
            f" AND viewing_country = {literal(engine.dialect, country)} AND recorded_at <= {literal(engine.dialect, at)}"
        )
    )
    snapshot, action = found[0] if found else (None, None)
    if snapshot is None or action == WITHDRAWN:
        raise NotKeptError(f"`{view}` was not published for {country} at {at:%Y-%m-%d %H:%M} UTC.", hint="name a later moment.")
    return _copy(tables, name, snapshot, f"as published at {at:%Y-%m-%d %H:%M} UTC")


def copy_under(tables: Tables, upkeep: Upkeep, view: str, country: str, name: str) -> PublishedCopy:
    """A country's copy under a name that was given with `ringi keep`. Raises NotKeptError where it has no such name."""
    table = saved_name(country, view)
    for ref in upkeep.refs(table):
        if ref.name == TAG + name:
            return _copy(tables, table, ref.snapshot_id, f"under the name `{name}`")
    raise NotKeptError(f"`{view}` for {country} is not kept under the name `{name}`.", hint="`ringi keep` lists the names there are.")


def published_since(tables: Tables, engine: Engine, since: dt.datetime) -> dict[str, frozenset[int]]:
    """By saved copy the snapshots that were published at some moment from `since` on: those in force then, and all later ones."""
    held = _publications(tables, engine)
    if held is None:
        return {}
    moment, action = literal(engine.dialect, since), literal(engine.dialect, PUBLISHED)
    copies = f"FROM {held} WHERE action = {action} AND recorded_at"
    rows = engine.rows(
        f"SELECT view, viewing_country, saved_snapshot {copies} >= {moment} UNION ALL"
        f" SELECT view, viewing_country, max_by(saved_snapshot, {NEWEST}) {copies} < {moment} GROUP BY view, viewing_country"
    )
    found: dict[str, set[int]] = {}
    for view, country, snapshot in rows:
        found.setdefault(saved_name(country, view), set()).add(snapshot)
    return {name: frozenset(ids) for name, ids in found.items()}


def keep(tables: Tables, upkeep: Upkeep, name: str) -> tuple[Kept, ...]:
    """Give the present publications of all copies a name; a copy that has the name already keeps what it names."""
    found = []
    for table in _copies(tables):
        head, held = tables.snapshot(table), {ref.name for ref in upkeep.refs(table)}
        is_new = head is not None and TAG + name not in held
        if is_new and head is not None:
            upkeep.tag(table, TAG + name, head.id)
        found.append(Kept(table, is_new))
    return tuple(found)


def let_go(tables: Tables, upkeep: Upkeep, name: str) -> int:
    """Forget a name; gives how many copies had it."""
    named = [table for table in _copies(tables) if TAG + name in {ref.name for ref in upkeep.refs(table)}]
    for table in named:
        upkeep.untag(table, TAG + name)
    return len(named)


def names(tables: Tables, upkeep: Upkeep) -> dict[str, int]:
    """The names that are kept, each with its number of copies."""
    found: dict[str, int] = {}
    for table in _copies(tables):
        for ref in upkeep.refs(table):
            if ref.is_tag and ref.name.startswith(TAG):
                found[ref.name.removeprefix(TAG)] = found.get(ref.name.removeprefix(TAG), 0) + 1
    return dict(sorted(found.items()))


def _copies(tables: Tables) -> list[str]:
    return [name for namespace in tables.namespaces() if namespace.startswith("saved_") for name in tables.names(namespace)]


def _publications(tables: Tables, engine: Engine) -> str | None:
    spec = tables.spec(ledger.PUBLICATIONS.name)
    if spec is None:
        return None
    return engine.relation([file.path for file in tables.files(spec.name)], spec.columns)


def _copy(tables: Tables, table: str, snapshot: int, told: str) -> PublishedCopy:
    held = next((each for each in tables.snapshots(table) if each.id == snapshot), None)
    if held is None:
        raise NotKeptError(
            f"`{table}` {told} is not kept any more.",
            hint="raise `keep_published_days` in ringi.toml, or name what must stay with `ringi keep NAME`.",
        )
    return PublishedCopy(tables.files(table, snapshot_id=snapshot), meanings_of(held))


def meanings_of(copy: Snapshot) -> dict[str, str]:
    """The digests that a saved copy's snapshot bears, by column; none on those of before they were written there."""
    return dict(json.loads(copy.summary.get(gold.MEANINGS, "{}")))
