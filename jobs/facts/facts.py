"""Facts: computes the cells of one view, writes them to a branch of its gold table, and has them audited.

Period files that hold a touched cell are written anew: computed rows, and the rows of all other cells as they were. Nobody
reads the branch until `run.py` fast-forwards main to it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.compile import compile_facts
from jobs.facts import audit, changes, gold
from jobs.facts.cells import needed_days
from jobs.facts.requests import requests
from jobs.facts.run_plan import sources
from jobs.table import Commit
from metrics_catalog.view import COUNTRY_COLUMN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.engine import Engine, Written
    from jobs.facts.run_plan import ViewPlan
    from jobs.table import DataFile, Tables, TableSpec
    from metrics_catalog.logic import SourceLogic

FRESH = "fresh_facts"


@dataclass(frozen=True, slots=True)
class ViewFacts:
    """What was computed for one view and lies on its branch, audited."""

    view: str
    table: str
    branch: str
    rows: int
    periods: int
    changes: changes.Changes
    recounted: str | None
    """The additive metric whose sums were recounted from bronze."""


def compute(tables: Tables, engine: Engine, plan: ViewPlan, dimensions: Mapping[str, str], run_id: str) -> ViewFacts:
    """Compute, write to the branch `run-<id>`, audit. Raises AuditError; main is not touched.

    Where rows have other keys than before the facts begin anew in an empty table: nothing of the old one can be compared or
    kept, and what analysts read stays published until the new copies are.
    """
    if plan.head is not None and plan.head.keys != plan.wanted.contract.keys:
        tables.drop(gold.gold_name(plan.name))
        plan = replace(plan, head=None)
    files = source_files(tables, plan)
    recount = audit.begin_recount(engine, tables, plan, files)
    fresh_facts(tables, engine, plan, dimensions, files)
    spec = gold.gold_spec(plan.wanted.contract)
    shape = tables.shape(spec, replacing=plan.cells.everything)
    leaving = _leaving(tables, engine, plan)
    written = _write(tables, engine, plan, shape, leaving, run_id)
    reached("gold_written")
    cells = _cells(plan, written)
    changed = _compared(engine, plan, shape, leaving, written) if leaving else changes.Changes(frozenset(cells), 0)
    branch = f"run-{run_id}"
    tables.drop_branch(spec.name, branch)  # left by a run that was cut off here
    parent = plan.head.snapshot_id if plan.head else _beginning(tables, spec)
    tables.commit(
        Commit(
            spec.name,
            added=[file.path for file in written],
            removed=() if plan.cells.everything else [file.path for file in leaving],
            replace_all=plan.cells.everything,
            summary=_summary(plan, run_id, changed, sum(cells.values())),
            spec=spec if plan.cells.everything else None,
            branch=branch,
            parent=parent,
        )
    )
    reached("gold_branch")
    recounted = _audit(tables, engine, plan, shape, branch, leaving, recount)
    reached("gold_audited")
    return ViewFacts(plan.name, spec.name, branch, sum(file.rows for file in written), len(written), changed, recounted)


def _beginning(tables: Tables, spec: TableSpec) -> int:
    """The empty snapshot that a new table's first branch begins at."""
    return (tables.snapshot(spec.name) or tables.commit(Commit(spec.name, [], spec=spec))).id


def source_files(tables: Tables, plan: ViewPlan) -> dict[str, tuple[DataFile, ...]]:
    """The source files that the plan's cells may come from, by table."""
    return {name: _files_of(tables, plan, name, source) for name, source in sources(plan.wanted.contract).items()}


def _files_of(tables: Tables, plan: ViewPlan, name: str, source: SourceLogic) -> tuple[DataFile, ...]:
    taken = plan.inputs[name]
    return tables.files(name, snapshot_id=taken, on=needed_days(source, plan.cells, plan.wanted.grain)) if taken else ()


def fresh_facts(
    tables: Tables, engine: Engine, plan: ViewPlan, dimensions: Mapping[str, str], files: Mapping[str, tuple[DataFile, ...]]
) -> None:
    """Compute all cells of the plan as the session's table FRESH, to be read once."""
    names = ", ".join(f'"{column.name}"' for column in plan.wanted.contract.columns)
    nothing = engine.relation([], gold.table_columns(plan.wanted.contract))
    asked = requests(tables, engine, plan, dimensions, files)
    computed = (f"SELECT {names} FROM ({compile_facts(request, engine.dialect).sql}) AS facts" for request in asked)
    first = next(computed, f"SELECT {names} FROM {nothing}")
    engine.keep(FRESH, chain([first], computed), read_once=True)


def _leaving(tables: Tables, engine: Engine, plan: ViewPlan) -> tuple[DataFile, ...]:
    """The files of main that hold a period of the plan's cells."""
    present = _present(tables, plan)
    if plan.cells.everything or plan.cells.whole:
        return present
    periods = {period for _, period in plan.cells.pairs}
    return tuple(file for file in present if file.partition[0] in periods)


def _present(tables: Tables, plan: ViewPlan) -> tuple[DataFile, ...]:
    """The facts that the plan starts from."""
    return tables.files(gold.gold_name(plan.name), snapshot_id=plan.head.snapshot_id) if plan.head else ()


def _write(
    tables: Tables, engine: Engine, plan: ViewPlan, shape: TableSpec, leaving: Sequence[DataFile], run_id: str
) -> tuple[Written, ...]:
    """The files of the plan's periods: what was computed, and the other rows of those periods as they were."""
    names = ", ".join(f'"{column.name}"' for column in shape.columns)
    rows = f"SELECT {names} FROM {FRESH}"
    if leaving and not plan.cells.everything:
        before = engine.relation([file.path for file in leaving], shape.columns)
        rows += f" UNION ALL SELECT {names} FROM {before} WHERE NOT {_inside(engine, plan)}"
    folder = f"{tables.data_folder(shape.name)}/run-{run_id}-{uuid.uuid4().hex[:8]}"
    (country,) = (column for column in shape.columns if column.name == plan.wanted.contract.keys[0])
    return engine.write(rows, folder, shape.columns, shape.partition, sort=plan.wanted.contract.keys, tally=country)


def _cells(plan: ViewPlan, written: Sequence[Written]) -> dict[str, int]:
    """For each country, how many of its periods were computed and have rows. A row without a period is left to the audit."""
    pairs = {(code, dt.date.fromisoformat(day)) for file in written if (day := file.partition[0]) for code in file.tally}
    return dict(Counter(code for code, period in pairs if plan.cells.covers(code, period)))


def _compared(engine: Engine, plan: ViewPlan, shape: TableSpec, leaving: Sequence[DataFile], written: Sequence[Written]) -> changes.Changes:
    """What the new files change in those that leave."""
    new = engine.relation([file.path for file in written], shape.columns)
    old = engine.relation([file.path for file in leaving], shape.columns)
    view = plan.wanted.contract
    sides = changes.sides_of(old, new, plan.head, view.keys, shape.columns, gold.value_types(view)) if plan.head else None
    found = changes.compare(engine, sides) if sides else changes.Changes(frozenset(), 0)
    if plan.head is not None and plan.head.shape != plan.shape:  # every saved copy takes on the new shape
        return changes.Changes(_countries(engine, new) | _countries(engine, old), found.restated)
    return found


def _countries(engine: Engine, relation: str) -> frozenset[str]:
    return frozenset(row[0] for row in engine.rows(f'SELECT DISTINCT "{COUNTRY_COLUMN}" FROM {relation}'))


def _summary(plan: ViewPlan, run_id: str, changed: changes.Changes, cells: int) -> dict[str, str]:
    """What the snapshot says about itself: the state that the next run starts from."""
    view = plan.wanted.contract
    return {
        gold.RUN_ID: run_id,
        gold.INPUTS: _json(dict(plan.inputs)),
        gold.MEANINGS: _json(plan.meanings),
        gold.COUNTRIES: gold.grouped(plan.countries),
        gold.SHAPE: plan.shape,
        gold.KEYS: " ".join(view.keys),
        gold.TYPES: _json(gold.value_types(view)),
        gold.TOUCHED: " ".join(sorted(changed.countries)),
        gold.CELLS: str(cells),
        gold.RESTATED: str(changed.restated),
        gold.REASON: plan.reason,
    }


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _audit(
    tables: Tables,
    engine: Engine,
    plan: ViewPlan,
    shape: TableSpec,
    branch: str,
    leaving: Sequence[DataFile],
    recount: audit.Recount | None,
) -> str | None:
    """All checks over what the branch holds; a fault forgets the branch."""
    branch_files = tables.files(shape.name, branch=branch)
    gone = {file.path for file in leaving}
    written = {file.path for file in branch_files} - {file.path for file in _present(tables, plan)}
    periods = {file.partition for file in branch_files if file.path in written}
    now = [file.path for file in branch_files if file.partition in periods]
    facts = audit.Audited(
        now=engine.relation(now, shape.columns),
        before=engine.relation(sorted(gone), shape.columns),
        keys=plan.wanted.contract.keys,
        cells=plan.cells,
    )
    try:
        metric = audit.check_rows(engine, plan.name, facts, recount)
        audit.check_carried(engine, plan.name, facts)
        return metric
    except audit.AuditError:
        tables.drop_branch(shape.name, branch)
        raise


def _inside(engine: Engine, plan: ViewPlan) -> str:
    country, period = plan.wanted.contract.keys[:2]
    return plan.cells.condition(engine.dialect, f'"{country}"', f'"{period}"')
