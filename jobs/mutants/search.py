"""Looks for a few raw events over which a metric and its mutant differ: the proof that the mutant can be noticed, and an example to paste.

Events are made where the metric decides (`candidates.py`), put together in ones, twos and handfuls (`events.py`), and computed by the same engine
and compiler as everything else. Nothing is proved by finding none; therefore what is not found is not demanded (ADR 21).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jobs.examples.bench import Ask, Failed, compute
from jobs.examples.rows import ExampleError
from jobs.examples.trial import Shift, trial_of
from jobs.mutants.candidates import Contract, nodes_of
from jobs.mutants.events import Events, Scene
from jobs.mutants.mutant import notices
from metrics_catalog.expression import columns
from metrics_catalog.expression import nodes as n

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.examples.bench import Outcome
    from jobs.examples.trial import Trial
    from jobs.mutants.mutant import Mutant
    from metrics_catalog.logic import Logic
    from metrics_catalog.metric import Example

__all__ = ["Contract", "witnesses"]

_PATIENCE = 12
"""Statements that an engine may refuse, because numbers grow too large, before the search makes do with the rest."""

_BOUNDARY_DAY = dt.date(2026, 10, 28)


def witnesses(
    engine: Engine, logic: Logic, mutants: Sequence[Mutant], contract: Contract, countries: Sequence[str]
) -> list[Example | None]:
    """For each mutant an example that notices it, or None; one example may stand for several mutants.

    `countries` are those to look in, the best first.
    """
    known = [code for code in countries if code in logic.time_zones]
    found: list[Example | None] = [None] * len(mutants)
    for first in (known[:1], *([code] for code in known if code in _named_countries(logic))):
        scenes: dict[Scene, list[int]] = {}
        for place, mutant in enumerate(mutants):
            scene = _scene(logic, mutant, [*first, *known]) if found[place] is None else None
            if scene is not None:
                scenes.setdefault(scene, []).append(place)
        for scene, places in scenes.items():
            chosen = _Search(engine, logic, contract, scene).run([mutants[place] for place in places])
            for place, example in zip(places, chosen, strict=True):
                found[place] = example
    return found


def _named_countries(logic: Logic) -> set[str]:
    """Texts of a metric that reads the country of its events: some of them are countries in which it differs."""
    places = {part.source.country or "" for part in logic.measured() if part.source is not None}
    nodes = [node for node in nodes_of([logic]) if columns(node) & places]
    return {part.value for node in nodes for part in n.walk(node) if isinstance(part, n.String)}


def _scene(logic: Logic, mutant: Mutant, countries: Sequence[str]) -> Scene | None:
    """Where a mutant shows: in the country of its variant, or in one without a variant; None where there is no such country."""
    if not countries or (mutant.country is not None and mutant.country not in countries):
        return None
    varied = {code for part in logic.measured() for code in part.variants}
    plain = next((code for code in countries if code not in varied), countries[0])
    if mutant.shift is not Shift.NONE:
        return Scene(plain, _BOUNDARY_DAY, at_midnight=True)
    return Scene(mutant.country or plain, mutant.day)


class _Search:
    """The search in one scene."""

    def __init__(self, engine: Engine, logic: Logic, contract: Contract, scene: Scene) -> None:
        self._engine, self._logic = engine, logic
        self._events = Events(engine, logic, contract, scene)

    def run(self, mutants: Sequence[Mutant]) -> list[Example | None]:
        """An example for each mutant, the fewest that notice all; None where none was found."""
        trials = self._trials(self._events.examples([mutant.logic for mutant in mutants]))
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

    def _trials(self, examples: Iterable[Example]) -> list[tuple[Example, Trial]]:
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


def _plainness(example: Example, outcome: Outcome) -> tuple[float, ...]:
    """How easily an example is read: few rows, a number rather than nothing, few odd values."""
    values = [value for row in example.rows for value in row.values()]
    return (-len(example.rows), bool(outcome), -len(set(map(str, values))), -len(values))
