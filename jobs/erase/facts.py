"""Keeps the facts in step with events that were rewritten: they go on being up to date, or are computed anew by the next run.

A run finds what is new by walking the events' snapshots from the one that its facts were computed from. Erasure forgets those
snapshots, so the facts are told of the state that took their place. Where that cannot be said, the next run computes all of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.facts import gold
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.table import Tables

REWRITTEN = "replace"
"""Iceberg's word for a snapshot that holds the same rows in other files."""


def behind(tables: Tables, name: str) -> tuple[str, ...]:
    """Views whose facts were not computed from all that a table holds now; the next run will compute them anew."""
    return tuple(view for view, state in _reading(tables, name) if not _is_current(tables, name, state.inputs[name]))


def tell(tables: Tables, name: str) -> tuple[str, ...]:
    """Tell facts that are up to date that they were computed from a table's present state; gives the views that are not."""
    head = tables.snapshot(name)
    left = []
    for view, state in _reading(tables, name):
        if head is None or state.inputs[name] == head.id:
            continue
        if not _is_current(tables, name, state.inputs[name]):
            left.append(view)
            continue
        facts = tables.snapshot(gold.gold_name(view))
        if facts is None:
            continue
        inputs = json.dumps({**state.inputs, name: head.id}, sort_keys=True, separators=(",", ":"))
        summary = {**gold.carried(facts), gold.INPUTS: inputs}
        tables.commit(Commit(gold.gold_name(view), [], summary=summary, parent=facts.id, rewrites=True))
        reached("erase_facts_told")
    return tuple(left)


def _reading(tables: Tables, name: str) -> Iterator[tuple[str, gold.GoldState]]:
    """Views that were computed from some state of a table."""
    for full in tables.names("gold"):
        state = gold.state(tables, full.partition(".")[2])
        if state is not None and state.inputs.get(name):
            yield full.partition(".")[2], state


def _is_current(tables: Tables, name: str, since: int) -> bool:
    """Whether nothing but rewriting happened to a table since a snapshot, and nothing that came later was rewritten with the rest."""
    by_id = {snapshot.id: snapshot for snapshot in tables.snapshots(name)}
    cursor = tables.snapshot(name)
    while cursor is not None and cursor.id != since:
        if cursor.summary.get("operation") != REWRITTEN:
            return False
        cursor = by_id.get(cursor.parent_id) if cursor.parent_id is not None else None
    return cursor is not None and not tables.files_added(name, since=since)
