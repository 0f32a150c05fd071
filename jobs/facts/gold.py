"""The facts of a view: the table `gold.<view>`, and what each of its snapshots says about itself.

The state from which the next run is planned stands in the snapshot summary, so facts and state change at one moment and a
killed run leaves no other trace. Read by `run_plan.py`, `facts.py` and `publish.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.table import PartitionField, TableColumn, TableSpec
from views.published_view import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobs.table import Snapshot, Tables
    from metrics_catalog.logic import Logic
    from views.published_view import PublishedView

RUN_ID = "ringi.run-id"
INPUTS = "ringi.inputs"
MEANINGS = "ringi.meanings"
COUNTRIES = "ringi.countries"
SHAPE = "ringi.shape"
KEYS = "ringi.keys"
TYPES = "ringi.types"
TOUCHED = "ringi.touched"
CELLS = "ringi.cells"
RESTATED = "ringi.restated"
REASON = "ringi.reason"
HISTORY = "ringi.history"


@dataclass(frozen=True, slots=True)
class Change:
    """One snapshot of a view's facts, perhaps no longer kept, and the countries whose facts it changed."""

    snapshot_id: int
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class GoldState:
    """What one snapshot of a view's facts says about itself.

    `inputs` maps tables to the snapshot that was read (0: the table did not exist), `meanings` value columns to the digests of
    their certificates and `types` to their types, `countries` codes to a digest of all that is computed for them, `touched`
    names the countries whose facts the snapshot changed, `restated` counts published values that it changed. `history` is what
    snapshots before it changed, newest first, where maintenance wrote it down before it let go of them.
    """

    snapshot_id: int
    parent_id: int | None
    run_id: str
    inputs: Mapping[str, int]
    meanings: Mapping[str, str]
    countries: Mapping[str, str]
    shape: str
    keys: tuple[str, ...]
    types: Mapping[str, str]
    touched: frozenset[str]
    cells: int
    restated: int
    reason: str
    history: tuple[Change, ...] = ()

    @staticmethod
    def of(snapshot: Snapshot) -> GoldState | None:
        """The state of a snapshot; None where it has none (such as the empty one that a table begins with)."""
        said = snapshot.summary
        if RUN_ID not in said:
            return None
        by_digest = json.loads(said[COUNTRIES])
        return GoldState(
            snapshot_id=snapshot.id,
            parent_id=snapshot.parent_id,
            run_id=said[RUN_ID],
            inputs=json.loads(said[INPUTS]),
            meanings=json.loads(said[MEANINGS]),
            countries={code: digest for digest, codes in by_digest.items() for code in codes.split()},
            shape=said[SHAPE],
            keys=tuple(said[KEYS].split()),
            types=json.loads(said[TYPES]),
            touched=frozenset(said[TOUCHED].split()),
            cells=int(said[CELLS]),
            restated=int(said[RESTATED]),
            reason=said[REASON],
            history=tuple(Change(number, frozenset(codes.split())) for number, codes in json.loads(said.get(HISTORY, "[]"))),
        )


def gold_name(view: str) -> str:
    """`gold.title_daily`."""
    return f"gold.{view}"


def state(tables: Tables, view: str) -> GoldState | None:
    """The state that the view's facts are in; None before the first run."""
    return next(lineage(tables, view), None)


def lineage(tables: Tables, view: str) -> Iterator[GoldState]:
    """States of the view's facts, newest first."""
    by_id = {snapshot.id: snapshot for snapshot in tables.snapshots(gold_name(view))}
    cursor = tables.snapshot(gold_name(view))
    while cursor is not None:
        if (held := GoldState.of(cursor)) is not None:
            yield held
        cursor = by_id.get(cursor.parent_id) if cursor.parent_id is not None else None


def past(states: Sequence[GoldState]) -> tuple[Change, ...]:
    """What each snapshot changed, newest first: the states at hand, then what was written down of those before them."""
    found = {state.snapshot_id: Change(state.snapshot_id, state.touched) for state in states}
    for state in states:
        for change in state.history:
            found.setdefault(change.snapshot_id, change)
    return tuple(found.values())


def carried(head: Snapshot, history: Sequence[Change] = ()) -> dict[str, str]:
    """The summary of a snapshot that holds the same facts as `head` in other files: its state, and that it changed nothing.

    `history` is written down where snapshots before it are let go of; what the head itself knew of the past stays.
    """
    state = GoldState.of(head)
    if state is None:
        return {}
    same = {key: head.summary[key] for key in (RUN_ID, INPUTS, MEANINGS, COUNTRIES, SHAPE, KEYS, TYPES, REASON)}
    told = [[change.snapshot_id, " ".join(sorted(change.touched))] for change in history or state.history]
    return {**same, TOUCHED: "", CELLS: "0", RESTATED: "0", **({HISTORY: json.dumps(told, separators=(",", ":"))} if told else {})}


def gold_spec(view: PublishedView) -> TableSpec:
    """The table of a view's facts: one file a period, rows of a country together."""
    return TableSpec(gold_name(view.name), table_columns(view), (PartitionField(time_column(view)),), sort=view.keys)


def table_columns(view: PublishedView) -> tuple[TableColumn, ...]:
    """The columns of a published view as those of a table."""
    return tuple(TableColumn(column.name, column.type, column.required, column.doc) for column in view.columns)


def time_column(view: PublishedView) -> str:
    """The column that holds the first day of a row's period."""
    return next(column.name for column in view.columns if column.role is Role.TIME)


def value_types(view: PublishedView) -> dict[str, str]:
    """Type of each column that holds numbers, in order."""
    return {column.name: column.type.value for column in view.measured}


def shape_digest(view: PublishedView, grain: str) -> str:
    """Names keys, value columns and their types; when it changes, all facts are computed anew."""
    return _digest([grain, *([column.name, column.type.value] for column in view.columns)])


def country_digests(view: PublishedView, countries: Sequence[str]) -> dict[str, str]:
    """For each country a digest of all that decides its facts: shared logic, its own variants, its clocks."""
    logics = [(column.name, logic) for column in view.measured if (logic := column.logic) is not None]
    shared, variants = [], []
    for name, logic in logics:
        plain, own = _split(logic)
        shared.append([name, plain])
        variants += [(f"{name}{path}", by_country) for path, by_country in own]
    common = _digest(shared)
    zones = _zones(logics)
    return {
        code: _digest([common, [[path, held[code]] for path, held in variants if code in held], [each.get(code) for each in zones]])
        for code in countries
    }


def grouped(countries: Mapping[str, str]) -> str:
    """Digests by country as JSON the short way round: the countries of each digest."""
    by_digest: dict[str, list[str]] = {}
    for code, digest in sorted(countries.items()):
        by_digest.setdefault(digest, []).append(code)
    return json.dumps({digest: " ".join(codes) for digest, codes in by_digest.items()}, separators=(",", ":"))


def _split(logic: Logic) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """A logic without variants and clocks, and the variants by country with the path of the part they belong to."""
    plain = logic.model_dump(mode="json", exclude={"time_zones", "parts", "variants"})
    found = [("", {code: variant.model_dump(mode="json") for code, variant in logic.variants.items()})] if logic.variants else []
    for name, part in logic.parts.items():
        below, own = _split(part)
        plain[f"part {name}"] = below
        found += [(f".{name}{path}", variants) for path, variants in own]
    return plain, found


def _zones(logics: Sequence[tuple[str, Logic]]) -> list[Mapping[str, str]]:
    """The different sets of clocks; nearly always one."""
    found: list[Mapping[str, str]] = []
    for _, logic in logics:
        for measured in logic.measured():
            if not any(measured.time_zones is zones or measured.time_zones == zones for zones in found):
                found.append(measured.time_zones)
    return found


def _digest(value: Any) -> str:
    """16 hex digits; enough to tell a change."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
