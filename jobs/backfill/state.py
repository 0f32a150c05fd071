"""How far a backfill is, kept in the lake: a line in `ledger.backfills` when it begins and when it is finished.

The pieces between are runs of their own, named after the backfill and the pieces that they computed, so the ledger of runs says
which are done. A backfill that was cut off is found by what was asked for, and goes on; used by `work.py`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import TYPE_CHECKING

from jobs.backfill.plan import Begun
from jobs.dialects import literal
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.table import TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.backfill.plan import BackfillPlan, BackfillRequest
    from jobs.engine import Engine
    from jobs.facts.run_plan import WantedView
    from jobs.table import Tables

BEGUN, FINISHED = "begun", "finished"
_TEXT, _NUMBER = ColumnType.STRING, ColumnType.INTEGER

BACKFILLS = TableSpec(
    "ledger.backfills",
    (
        TableColumn("backfill_id", _TEXT, doc="Name of the backfill; its runs are called after it."),
        TableColumn("recorded_at", ColumnType.TIMESTAMP, doc="When the step was recorded."),
        TableColumn("step", _TEXT, doc="`begun` or `finished`."),
        TableColumn("view", _TEXT, doc="Published view whose facts are computed anew."),
        TableColumn("asked", _TEXT, doc="Digest of what was asked for and of the meanings that it is computed by."),
        TableColumn("first_day", ColumnType.DATE, doc="First day that was asked for."),
        TableColumn("last_day", ColumnType.DATE, doc="Last day that was asked for."),
        TableColumn("countries", _TEXT, doc="Countries, as a JSON array."),
        TableColumn("pieces", _TEXT, doc="First days of the periods of each piece, as a JSON array of arrays; empty at the end."),
        TableColumn("inputs", _TEXT, doc="Snapshot of each table that the first piece read, as a JSON object."),
        TableColumn("completes", _TEXT, doc="`true` where its countries are complete afterwards."),
        TableColumn("row_count", _NUMBER, doc="Events that were read; NULL at the beginning."),
        TableColumn("milliseconds", _NUMBER, doc="Time that computing took; NULL at the beginning."),
        *ledger.CHAIN,
    ),
)


def asked(wanted: WantedView, request: BackfillRequest) -> str:
    """The same for the same view, days, countries and meanings."""
    digests = gold.country_digests(wanted.contract, wanted.countries)
    chosen = {code: digests.get(code) for code in request.countries or wanted.countries}
    shape = gold.shape_digest(wanted.contract, wanted.grain.value)
    text = json.dumps([request.view, str(request.first), str(request.last), chosen, shape], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def begun(tables: Tables, engine: Engine, question: str) -> Begun | None:
    """The newest backfill of what was asked for that has begun and is not finished."""
    held = _relation(tables, engine)
    if held is None:
        return None
    name = literal(engine.dialect, question)
    rows = engine.rows(f"SELECT backfill_id, step, pieces, inputs, completes FROM {held} WHERE asked = {name} ORDER BY block_number, line")
    done = {row[0] for row in rows if row[1] == FINISHED}
    for number, step, pieces, inputs, completes in reversed(rows):
        if step == BEGUN and number not in done:
            cut = tuple(tuple(dt.date.fromisoformat(day) for day in piece) for piece in json.loads(pieces))
            return Begun(number, question, cut, json.loads(inputs), completes == "true")
    return None


def begin(tables: Tables, engine: Engine, plan: BackfillPlan, question: str, now: dt.datetime) -> Begun:
    """Write down what will be computed."""
    before = tables.snapshot(BACKFILLS.name)
    number = hashlib.sha256(f"{question} {before.id if before else 0}".encode()).hexdigest()[:12]
    cut = tuple(piece.periods for piece in plan.pieces)
    made = Begun(number, question, cut, plan.inputs, plan.completes)
    _append(tables, engine, plan, made, BEGUN, now, [[str(day) for day in periods] for periods in cut])
    return made


def finish(tables: Tables, engine: Engine, plan: BackfillPlan, made: Begun, now: dt.datetime, rows: int, seconds: float) -> None:
    """Write down that all pieces are computed and published; `rows` and `seconds` are of the pieces of this call."""
    _append(tables, engine, plan, made, FINISHED, now, [], row_count=rows, milliseconds=round(seconds * 1000))


def run_id(made: Begun, first: int, end: int) -> str:
    """The name of the run that computed pieces from `first` to before `end`."""
    return f"{made.id}.{first}-{end}"


def pieces_done(tables: Tables, engine: Engine, view: str, made: Begun) -> int:
    """How many pieces, from the first one on, are on main: as the ledger says, or the facts themselves where that was cut off."""
    head = gold.state(tables, view)
    names = [head.run_id] if head else []
    if (spec := tables.spec(ledger.RUNS.name)) is not None:
        held = engine.relation([file.path for file in tables.files(spec.name)], spec.columns)
        names += [row[0] for row in engine.rows(f"SELECT run_id FROM {held} WHERE run_id LIKE {literal(engine.dialect, f'{made.id}.%')}")]
    found = (re.fullmatch(rf"{made.id}\.\d+-(\d+)", name) for name in names)
    return max((int(match.group(1)) for match in found if match), default=0)


def measured(tables: Tables, engine: Engine, view: str) -> float | None:
    """Events a second of the last backfill of a view that took long enough to tell."""
    held = _relation(tables, engine)
    if held is None:
        return None
    rows = engine.rows(
        f"SELECT row_count, milliseconds FROM {held} WHERE step = {literal(engine.dialect, FINISHED)} AND view = {literal(engine.dialect, view)}"
        " AND milliseconds > 0 AND row_count > 0 ORDER BY block_number DESC LIMIT 1"
    )
    return rows[0][0] * 1000 / rows[0][1] if rows else None


def _relation(tables: Tables, engine: Engine) -> str | None:
    spec = tables.spec(BACKFILLS.name)
    return None if spec is None else engine.relation([file.path for file in tables.files(spec.name)], spec.columns)


def _append(
    tables: Tables,
    engine: Engine,
    plan: BackfillPlan,
    made: Begun,
    step: str,
    now: dt.datetime,
    pieces: list[list[str]],
    row_count: int | None = None,
    milliseconds: int | None = None,
) -> None:
    line: Mapping[str, object] = {
        "backfill_id": made.id,
        "recorded_at": now,
        "step": step,
        "view": plan.name,
        "asked": made.asked,
        "first_day": plan.first,
        "last_day": plan.last,
        "countries": list(plan.countries),
        "pieces": pieces,
        "inputs": dict(made.inputs),
        "completes": "true" if made.completes else "false",
        "row_count": row_count,
        "milliseconds": milliseconds,
    }
    ledger.append_values(tables, engine, BACKFILLS, f"{made.id}/{step}", [line])
