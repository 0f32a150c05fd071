"""Restatements: the lines of published values that a run changed, written to the ledger exactly once.

Derived from the facts themselves after main has moved: what the newest snapshot took away is compared with what it brought. So a
run that was cut off between publishing and the ledger is completed by the next one, with the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.facts import changes, gold
from jobs.ledgers import ledger

if TYPE_CHECKING:
    import datetime as dt

    from jobs.engine import Engine
    from jobs.table import Tables


def block_name(run_id: str, view: str) -> str:
    """The ledger block of a run's restatements of a view."""
    return f"{run_id}/{view}"


def record(tables: Tables, engine: Engine, view: str, recorded_at: dt.datetime) -> int:
    """Write the lines of the view's newest facts if they are not in the ledger; gives how many were written."""
    states = gold.lineage(tables, view)
    head, before = next(states, None), next(states, None)
    if head is None or before is None or not head.restated:
        return 0
    block = block_name(head.run_id, view)
    if ledger.recorded(tables, ledger.RESTATEMENTS, block):
        return 0
    sides = _sides(tables, engine, view, head, before)
    if sides is None:
        return 0
    changes.compare(engine, sides)
    lines = changes.lines(engine.dialect, sides, view, head.run_id, head.reason, recorded_at)
    return ledger.append(tables, engine, ledger.RESTATEMENTS, block, lines)


def _sides(tables: Tables, engine: Engine, view: str, head: gold.GoldState, before: gold.GoldState) -> changes.Sides | None:
    name = gold.gold_name(view)
    spec = tables.spec(name)
    if spec is None:
        return None
    now = {file.path for file in tables.files(name, snapshot_id=head.snapshot_id)}
    then = {file.path for file in tables.files(name, snapshot_id=before.snapshot_id)}
    old, new = engine.relation(sorted(then - now), spec.columns), engine.relation(sorted(now - then), spec.columns)
    return changes.sides_of(old, new, before, head.keys, spec.columns, head.types)
