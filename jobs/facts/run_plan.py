"""What a run will compute, as a value: for each view the cells that are out of date, and why.

Made from the state that the tables themselves carry, compared with bronze, with the certified meanings and with the views'
files; `ringi run` walks it, a dry run prints it. A run that was cut off leaves older state behind, and so is planned again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.facts import gold
from jobs.facts.cells import Cells, Pair, local_period
from jobs.table import TableColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.facts.gold import GoldState
    from jobs.table import Tables
    from metrics_catalog.logic import SourceLogic
    from metrics_catalog.view import TimeGrain
    from views.published_view import PublishedView


NEW_EVENTS, NEW_MEANING, RESTATED_SOURCE = "new events", "new meaning", "restated source"
APPENDED, REWRITTEN = "append", "replace"
"""Iceberg's words for snapshots that only add rows, and for those that hold the same rows in other files."""


@dataclass(frozen=True, slots=True)
class WantedView:
    """A view as it can be published now: its contract, its time grain, and the countries that it is for."""

    contract: PublishedView
    grain: TimeGrain
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """One view to compute.

    `inputs` are the snapshots to read by table (0: no such table), `head` the state of the facts to start from. `reasons`
    are sentences for people, `reason` the word of the restatement ledger.
    """

    wanted: WantedView
    cells: Cells
    inputs: Mapping[str, int]
    countries: Mapping[str, str]
    shape: str
    head: GoldState | None
    reasons: tuple[str, ...]
    reason: str

    @property
    def name(self) -> str:
        return self.wanted.contract.name

    @property
    def meanings(self) -> dict[str, str]:
        """Digest of the certificate of each column."""
        return {column.name: column.digest for column in self.wanted.contract.measured}


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All views to compute, and the run's name: the same for the same inputs, meanings and state before."""

    id: str
    views: tuple[ViewPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is out of date."""
        return not self.views


def plan(tables: Tables, engine: Engine, wanted: Sequence[WantedView]) -> RunPlan:
    """What is out of date. Only bronze files that were added since the facts were computed are looked into."""
    found = [each for view in wanted if (each := _view_plan(tables, engine, view)) is not None]
    return RunPlan(_run_id(found), tuple(found))


def sources(view: PublishedView) -> dict[str, SourceLogic]:
    """The sources that a view's columns are computed from, by bronze table, each with all the columns they use."""
    found: dict[str, SourceLogic] = {}
    for column in view.measured:
        for logic in column.logic.measured() if column.logic is not None else ():
            if (source := logic.source) is None:
                continue
            held = found.get(bronze_name(source.source))
            columns = {**held.columns, **source.columns} if held else source.columns
            found[bronze_name(source.source)] = source.model_copy(update={"columns": columns})
    return found


def dimension_sources(view: PublishedView) -> tuple[str, ...]:
    """Bronze tables that the dimensions of the view's grain take their rows from, sorted."""
    found = set()
    for column in view.measured:
        for logic in column.logic.measured() if column.logic is not None else ():
            used = (logic.dimensions.get(name) for name in view.keys)
            found |= {bronze_name(each.source) for each in used if each is not None and each.source is not None}
    return tuple(sorted(found))


def bronze_name(source: str) -> str:
    """`bronze.viewing_events`."""
    return f"bronze.{source}"


def source_columns(tables: Tables, name: str, source: SourceLogic) -> tuple[TableColumn, ...]:
    """The columns of a source's bronze table that the logic uses; where nothing was landed yet, those it will have."""
    held = tables.spec(name)
    if held is None:
        return tuple(TableColumn(column, kind) for column, kind in source.columns.items())
    return tuple(column for column in held.columns if column.name in source.columns)


def _view_plan(tables: Tables, engine: Engine, wanted: WantedView) -> ViewPlan | None:
    view, head = wanted.contract, gold.state(tables, wanted.contract.name)
    inputs = {name: _snapshot_id(tables, name) for name in sorted({*sources(view), *dimension_sources(view)})}
    countries = gold.country_digests(view, wanted.countries)
    shape = gold.shape_digest(view, wanted.grain.value)
    cells, reasons, reason = _cells(tables, engine, wanted, head, inputs, countries, shape)
    if cells.is_empty:
        return None
    return ViewPlan(wanted, cells, inputs, countries, shape, head, reasons, reason)


def _cells(
    tables: Tables,
    engine: Engine,
    wanted: WantedView,
    head: GoldState | None,
    inputs: Mapping[str, int],
    countries: Mapping[str, str],
    shape: str,
) -> tuple[Cells, tuple[str, ...], str]:
    """Cells that are out of date, why, and the ledger's word for it."""
    if head is None:
        return Cells(everything=True), ("it was never computed",), NEW_EVENTS
    if head.shape != shape:
        return Cells(everything=True), ("its columns or its grain changed",), NEW_MEANING
    if rewritten := [name for name in inputs if inputs[name] != head.inputs.get(name) and _must_restart(tables, wanted, head, name)]:
        return Cells(everything=True), tuple(f"`{name}` was restated" for name in rewritten), RESTATED_SOURCE
    changed = frozenset(code for code in {*countries, *head.countries} if countries.get(code) != head.countries.get(code))
    pairs = frozenset(pair for name in inputs for pair in _touched(tables, engine, wanted, head, name) if pair[0] not in changed)
    reasons = []
    if changed:
        where = "all countries" if changed >= set(countries) else _some(sorted(changed))
        reasons.append(f"a meaning changed for {where}")
    if pairs:
        reasons.append(f"new events in {len(pairs)} country and period pairs")
    return Cells(whole=changed, pairs=pairs), tuple(reasons), NEW_MEANING if changed else NEW_EVENTS


def _must_restart(tables: Tables, wanted: WantedView, head: GoldState, name: str) -> bool:
    """Whether a changed table can touch any cell: a dimension, a snapshot delivery, or events that were not only appended."""
    done = _operations(tables, name, head.inputs.get(name, 0))
    if done and set(done) == {REWRITTEN}:
        return False
    source = sources(wanted.contract).get(name)
    if name in dimension_sources(wanted.contract) or source is None:
        return True
    if source.delivery != "events" or source.event_time is None or source.country is None or len(clocks(wanted, name)) > 1:
        return True
    return done is None or not set(done) <= {APPENDED, REWRITTEN}


def _operations(tables: Tables, name: str, since: int) -> list[str] | None:
    """What was done to a table after a snapshot (0: from its beginning), newest first; None where that snapshot is not kept."""
    by_id = {snapshot.id: snapshot for snapshot in tables.snapshots(name)}
    cursor, found = tables.snapshot(name), []
    while cursor is not None and cursor.id != since:
        found.append(cursor.summary.get("operation", ""))
        cursor = by_id.get(cursor.parent_id) if cursor.parent_id is not None else None
    return None if cursor is None and since else found


def _touched(tables: Tables, engine: Engine, wanted: WantedView, head: GoldState, name: str) -> Iterator[Pair]:
    """Cells of events that were added since the facts were computed."""
    source = sources(wanted.contract).get(name)
    since = head.inputs.get(name, 0)
    if source is None or since == _snapshot_id(tables, name):
        return
    added = [file.path for file in tables.files_added(name, since=since or None)]
    if not added:
        return
    columns = [column for column in source_columns(tables, name, source) if column.name in (source.event_time, source.country)]
    (zones,) = clocks(wanted, name)
    events = local_period(engine.dialect, source, zones, wanted.grain, wanted.countries, engine.relation(added, columns))
    yield from ((row[0], row[1]) for row in engine.rows(f'SELECT DISTINCT "{source.country}", __period FROM ({events}) AS events'))


def clocks(wanted: WantedView, name: str) -> list[Mapping[str, str]]:
    """The different sets of reporting time zones by which events of a source are counted; one, unless keys differ in age."""
    found: list[Mapping[str, str]] = []
    for column in wanted.contract.measured:
        for logic in column.logic.measured() if column.logic is not None else ():
            if logic.source is not None and bronze_name(logic.source.source) == name and logic.time_zones not in found:
                found.append(logic.time_zones)
    return found


def _snapshot_id(tables: Tables, name: str) -> int:
    head = tables.snapshot(name)
    return head.id if head is not None else 0


def _run_id(views: Iterable[ViewPlan]) -> str:
    state = [
        [
            each.name,
            each.shape,
            dict(each.inputs),
            dict(each.countries),
            each.meanings,
            each.head.snapshot_id if each.head else None,
        ]
        for each in views
    ]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes) if len(codes) <= 5 else f"{', '.join(codes[:5])} and {len(codes) - 5} more countries"
