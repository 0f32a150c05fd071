"""Looks for a few raw events over which a metric and its mutant differ: the proof that the mutant can be noticed, and an example to paste.

Events are made where the metric decides (`candidates.py`), put together in ones, twos and handfuls, and computed by the same engine
and compiler as everything else. Nothing is proved by finding none; therefore what is not found is not demanded (ADR 21).
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobs.dialects import quoted
from jobs.examples.bench import NUMBER, Ask, Failed, answered, compute
from jobs.examples.rows import ExampleError, relation, text_of
from jobs.examples.trial import TIMELESS, Shift, trial_of
from jobs.mutants.candidates import Contract, Palette, Row, around, meetings, nodes_of
from jobs.mutants.mutant import notices
from metrics_catalog.expression import to_sql
from metrics_catalog.metric import Example
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.examples.bench import Outcome
    from jobs.examples.trial import Trial
    from jobs.mutants.mutant import Mutant
    from metrics_catalog.logic import Logic

__all__ = ["Contract", "witnesses"]

_ROWS, _MEETING_ROWS, _MEETINGS, _MOST_ROWS, _SETS = 80, 25, 12, 300, 150
"""Random rows; those that are moved to where columns meet, and at how many meetings; rows in all; sets of each size."""

_PATIENCE = 12
"""Statements that an engine may refuse, because numbers grow too large, before the search makes do with the rest."""

_BOUNDARY_DAY = dt.date(2026, 10, 28)
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class _Scene:
    """Where and when the events of some mutants are looked for."""

    country: str
    day: dt.date | None
    at_midnight: bool = False


def witnesses(
    engine: Engine, logic: Logic, mutants: Sequence[Mutant], contract: Contract, countries: Sequence[str]
) -> list[Example | None]:
    """For each mutant an example that notices it, or None; one example may stand for several mutants.

    `countries` are those to look in, the best first.
    """
    found: list[Example | None] = [None] * len(mutants)
    scenes: dict[_Scene, list[int]] = {}
    for place, mutant in enumerate(mutants):
        scene = _scene(logic, mutant, [code for code in countries if code in logic.time_zones])
        if scene is not None:
            scenes.setdefault(scene, []).append(place)
    for scene, places in scenes.items():
        chosen = _Search(engine, logic, contract, scene).run([mutants[place] for place in places])
        for place, example in zip(places, chosen, strict=True):
            found[place] = example
    return found


def _scene(logic: Logic, mutant: Mutant, countries: Sequence[str]) -> _Scene | None:
    """Where a mutant shows: in the country of its variant, or in one without a variant; None where there is no such country."""
    if not countries or (mutant.country is not None and mutant.country not in countries):
        return None
    varied = {code for part in logic.measured() for code in part.variants}
    plain = next((code for code in countries if code not in varied), countries[0])
    if mutant.shift is not Shift.NONE:
        return _Scene(plain, _BOUNDARY_DAY, at_midnight=True)
    return _Scene(mutant.country or plain, mutant.day)


class _Search:
    """The search in one scene."""

    def __init__(self, engine: Engine, logic: Logic, contract: Contract, scene: _Scene) -> None:
        self._engine, self._logic, self._scene = engine, logic, scene
        self._contract = contract.of_logic(logic)
        self._chance = random.Random(0)  # noqa: S311 (no secret: the same metric gives the same events)
        sources = [part.source for part in logic.measured() if part.source is not None]
        self._times = sorted({source.event_time for source in sources if source.event_time})
        self._places = sorted({source.country for source in sources if source.country})

    def run(self, mutants: Sequence[Mutant]) -> list[Example | None]:
        """An example for each mutant, the fewest that notice all; None where none was found."""
        examples = list(self._examples(mutants))
        trials = self._trials(examples)
        asks = [Ask(self._logic, trial) for _, trial in trials]
        asks += [Ask(mutant.logic, trial, mutant.shift) for mutant in mutants for _, trial in trials]
        outcomes = compute(self._engine, asks, patience=_PATIENCE)
        own, under = outcomes[: len(trials)], outcomes[len(trials) :]
        tells: list[set[int]] = [set() for _ in trials]
        for number in range(len(mutants)):
            for place, (one, other) in enumerate(zip(own, under[number * len(trials) : (number + 1) * len(trials)], strict=True)):
                if not isinstance(other, Failed) and notices(one, other, mutants[number].shift):
                    tells[place].add(number)
        return self._fewest(len(mutants), [example for example, _ in trials], own, tells)

    def _trials(self, examples: Sequence[Example]) -> list[tuple[Example, Trial]]:
        found = []
        for example in examples:
            try:
                found.append((example, trial_of(example, self._logic)))
            except ExampleError:  # a value just outside what a column holds: one of many tries
                continue
        return found

    def _fewest(self, count: int, examples: list[Example], own: list[Outcome], tells: list[set[int]]) -> list[Example | None]:
        chosen: list[Example | None] = [None] * count
        left = set(range(count))
        while left:
            best = max(
                range(len(examples)), key=lambda place: (len(tells[place] & left), *_plainness(examples[place], own[place])), default=None
            )
            if best is None or not tells[best] & left:
                return chosen
            value = own[best]
            told = examples[best].model_copy(update={"expect": None if isinstance(value, Failed) else value})
            for number in tells[best] & left:
                chosen[number] = told
            left -= tells[best]
        return chosen

    # events

    def _examples(self, mutants: Sequence[Mutant]) -> Iterator[Example]:
        logics = [self._logic, *(mutant.logic for mutant in mutants)]
        first, *later = [self._rows(logics, moment) for moment in self._moments()]
        for rows in self._sets(first, later[0] if later else None):
            yield Example.model_construct(
                name="", country=self._scene.country, day=self._scene.day, rows=tuple(map(self._told, rows)), expect=None
            )

    def _moments(self) -> list[dt.datetime]:
        """When events occur: on the scene's day, or on both sides of its midnight."""
        if self._scene.day is None:
            return [TIMELESS]
        zone = ZoneInfo(self._logic.time_zones[self._scene.country])
        midnight = dt.datetime.combine(self._scene.day, dt.time(), zone).astimezone(dt.UTC)
        if not self._scene.at_midnight:
            return [dt.datetime.combine(self._scene.day, dt.time(12), zone).astimezone(dt.UTC)]
        return [midnight, midnight - _SECOND]

    def _rows(self, logics: Sequence[Logic], at: dt.datetime) -> list[Row]:
        nodes = nodes_of(logics)
        fixed = {**dict.fromkeys(self._times, at), **dict.fromkeys(self._places, self._scene.country)}
        palette = Palette(nodes, self._contract, fixed)
        rows = [palette.row(self._chance) for _ in range(_ROWS)]
        met = list(self._met(rows[:_MEETING_ROWS], palette, meetings(nodes, palette.names)))
        different = {tuple(row.items()): row for row in [*rows, *met]}
        found = list(different.values())
        return found if len(found) <= _MOST_ROWS else self._chance.sample(found, _MOST_ROWS)

    def _met(self, rows: Sequence[Row], palette: Palette, met: Sequence[tuple[str, Any]]) -> Iterator[Row]:
        """Rows whose columns are moved to what they are compared with, and just beside it."""
        types = {name: column.type for name, column in self._contract.items()}
        names = {
            name: self._engine.dialect.utc_clock(quoted(name)) if kind is ColumnType.TIMESTAMP else quoted(name)
            for name, kind in types.items()
        }
        typed = [
            {name: text_of(row.get(name), kind, "", (name,)) for name, kind in types.items()} | {NUMBER: str(number)}
            for number, row in enumerate(rows)
        ]
        held = relation(typed, {**types, NUMBER: ColumnType.INTEGER}, self._engine.dialect)
        for column, node in met[:_MEETINGS]:
            text = to_sql(node, self._engine.dialect.name, names, types)
            for number, value in answered(self._engine, f"SELECT {quoted(NUMBER)}, {text} FROM {held}"):
                for near in around(value, types[column]):
                    if palette.fits(column, near):
                        yield {**rows[number], column: near}

    def _sets(self, rows: Sequence[Row], before: Sequence[Row] | None) -> Iterator[list[Row]]:
        """Ones, twos (the same event twice, or with one value changed) and handfuls; at midnight one from each side."""
        pick = self._chance.choice
        if before is not None:
            yield from ([pick(before), pick(rows)] for _ in range(2 * _SETS))
            yield from ([row] for row in rows[:_SETS])
            return
        yield from ([row] for row in rows)
        yield from ([row, row] for row in rows[:_SETS])
        yield from ([row, self._varied(row, rows)] for row in (pick(rows) for _ in range(_SETS)))
        yield from ([pick(rows) for _ in range(self._chance.randint(2, 6))] for _ in range(2 * _SETS if self._logic.parts else _SETS))

    def _varied(self, row: Row, rows: Sequence[Row]) -> Row:
        """The row with the value of one column from another row."""
        column = self._chance.choice(list(row))
        return {**row, column: self._chance.choice(rows)[column]}

    def _told(self, row: Row) -> Row:
        """A row as a person would write it: without what is filled in anyway."""
        told = {name: _written(value) for name, value in row.items() if value is not None and name not in self._places}
        timed = any(isinstance(value, dt.datetime) for name, value in row.items() if name not in self._times)
        if not timed and not self._scene.at_midnight:
            told = {name: value for name, value in told.items() if name not in self._times}
        return told


def _written(value: Any) -> Any:
    """A value as it stands in YAML."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value


def _plainness(example: Example, outcome: Outcome) -> tuple[float, ...]:
    """How easily an example is read: few rows, a number rather than nothing, few odd values."""
    values = [value for row in example.rows for value in row.values()]
    return (-len(example.rows), bool(outcome), -len(set(map(str, values))), -len(values))
