"""Some pieces of a backfill, computed side by side and committed as one: written, audited, and only then put on main.

Each piece has a session of the engine to itself and a branch of its own, on which the whole audit of a run is done. What can only be
done in turn is the moving of main: one commit brings the files of all these pieces and says how far the backfill is. Used by
`work.py`.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.errors import JobError
from jobs.facts import facts, gold
from jobs.facts.dimensions import dimension_relations
from jobs.facts.run_plan import ViewPlan
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.backfill.plan import BackfillPlan, Piece
    from jobs.engine import Engine
    from jobs.facts.facts import ViewFacts
    from jobs.table import Snapshot, Tables
    from metrics_catalog.catalog import Catalog

    Sessions = Callable[[], AbstractContextManager[Engine]]
    """Opens a session of the engine, one for each thread."""


def compute(
    tables: Tables, sessions: Sessions, catalog: Catalog, plan: BackfillPlan, pieces: Sequence[Piece], run_id: str, *, last: bool
) -> Snapshot:
    """Compute pieces, audit each, and bring main to all of them at once; `last` says that nothing is missing afterwards.

    Raises AuditError (main is not touched) and the errors of the outside world.
    """
    name = gold.gold_name(plan.name)
    base = tables.snapshot(name) or tables.commit(Commit(name, [], spec=gold.gold_spec(plan.wanted.contract)))

    def one(number: int, piece: Piece) -> ViewFacts:
        with sessions() as engine:
            dimensions = dimension_relations(tables, engine, catalog, plan.wanted.contract, plan.inputs)
            return facts.compute(tables, engine, _view_plan(tables, plan, piece), dimensions, f"{run_id}.{number}")

    with ThreadPoolExecutor(max_workers=len(pieces)) as pool:
        waiting = [pool.submit(one, number, piece) for number, piece in enumerate(pieces)]
        found = [each.result() for each in waiting]
    reached("backfill_audited")
    made = tables.commit(_merged(tables, plan, base, [each.branch for each in found], run_id, last=last))
    reached("backfill_merged")
    for each in found:
        tables.drop_branch(name, each.branch)
    reached("backfill_branches")
    return made


def _view_plan(tables: Tables, plan: BackfillPlan, piece: Piece) -> ViewPlan:
    """A piece as a run would plan it."""
    return ViewPlan(
        wanted=plan.wanted,
        cells=plan.cells(piece),
        inputs=plan.inputs,
        countries=plan.countries_before,
        shape=plan.shape,
        head=gold.state(tables, plan.name),
        reasons=(f"a backfill of {plan.first} to {plan.last}",),
        reason=plan.reason,
    )


def _merged(tables: Tables, plan: BackfillPlan, base: Snapshot, branches: Sequence[str], run_id: str, *, last: bool) -> Commit:
    """The change of main that holds what every branch changed; no two branches may touch the same file."""
    name = gold.gold_name(plan.name)
    before = {file.path for file in tables.files(name, snapshot_id=base.id)}
    held = [{file.path for file in tables.files(name, branch=branch)} for branch in branches]
    added = [path for files in held for path in sorted(files - before)]
    removed = [path for files in held for path in sorted(before - files)]
    if len(set(removed)) < len(removed):
        raise JobError(
            f"Two pieces of the backfill of `{plan.name}` changed the same file; nothing was published.",
            hint="run it again with `--parallel 1`, and report it: this is a fault of Ringi.",
        )
    heads = [snapshot for branch in branches if (snapshot := tables.snapshot(name, branch)) is not None]
    return Commit(name, added, removed, summary=_summary(plan, heads, run_id, last=last), parent=base.id)


def _summary(plan: BackfillPlan, heads: Sequence[Snapshot], run_id: str, *, last: bool) -> dict[str, str]:
    """The state of the facts with these pieces: the next run misses nothing that came after what all facts were computed from."""
    states = [state for head in heads if (state := gold.GoldState.of(head)) is not None]
    said: Mapping[str, str] = heads[0].summary
    inputs = plan.inputs_after if last else plan.inputs_before
    return {
        **{key: said[key] for key in (gold.MEANINGS, gold.SHAPE, gold.KEYS, gold.TYPES, gold.REASON)},
        gold.RUN_ID: run_id,
        gold.INPUTS: json.dumps(dict(inputs), sort_keys=True, separators=(",", ":")),
        gold.COUNTRIES: gold.grouped(plan.countries_after if last else plan.countries_before),
        gold.TOUCHED: " ".join(sorted(frozenset().union(*(state.touched for state in states)))),
        gold.CELLS: str(sum(state.cells for state in states)),
        gold.RESTATED: str(sum(state.restated for state in states)),
    }
