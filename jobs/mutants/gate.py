"""Judges metrics by their examples: which mutants no example notices, and events that would show each of them.

One call computes all metrics at once, in few statements; only what survives costs a search. Used by `ringi.proposal.checking`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from jobs.examples.bench import Ask, Failed, compute
from jobs.examples.rows import ExampleError
from jobs.examples.trial import trial_of
from jobs.examples.work import Worked
from jobs.mutants.mutant import notices
from jobs.mutants.of_metric import mutants_of
from jobs.mutants.search import Contract, witnesses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobs.engine import Engine
    from jobs.examples.bench import Outcome
    from jobs.examples.trial import Trial
    from jobs.mutants.mutant import Mutant
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.logic import Logic
    from metrics_catalog.metric import Example, Metric


@dataclass(frozen=True)
class Survivor:
    """A mutant that no example notices. `witness` is an example that would; None where the search found none."""

    mutant: Mutant
    witness: Example | None


@dataclass
class Verdict:
    """What the examples of one metric show. `refused` holds the examples that cannot be computed, by position."""

    metric: str
    logic: Logic
    mutants: tuple[Mutant, ...]
    worked: list[Worked] = field(default_factory=list)
    refused: dict[int, ExampleError] = field(default_factory=dict)
    survivors: list[Survivor] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        """Whether every example holds and every mutant that can be noticed is noticed."""
        fine = bool(self.worked) and not self.refused and all(one.holds for one in self.worked)
        return fine and not any(one.witness for one in self.survivors)


def judge(catalog: Catalog, engine: Engine, logics: Mapping[str, Logic], *, search: bool = True, mutate: bool = True) -> dict[str, Verdict]:
    """The verdict on each metric, by name. `logics` are the present meanings' logics; the engine is the embedded one.

    Without `search` survivors have no witness; without `mutate` examples are computed and nothing else.
    """
    contract = Contract.of(catalog)
    verdicts = {name: Verdict(name, logic, mutants_of(logic, contract.allowed(logic)) if mutate else ()) for name, logic in logics.items()}
    sheets = [_Sheet.of(catalog, verdict) for name, verdict in verdicts.items()]
    outcomes = compute(engine, [ask for sheet in sheets for ask in sheet.asks])
    start = 0
    for sheet in sheets:
        sheet.fill(outcomes[start : start + len(sheet.asks)])
        start += len(sheet.asks)
        if search and sheet.verdict.survivors:
            _look_for_witnesses(engine, contract, catalog.metrics[sheet.verdict.metric], sheet.verdict)
    return verdicts


@dataclass
class _Sheet:
    """The asks of one metric: each readable example under the metric itself, then under each mutant."""

    metric: Metric
    verdict: Verdict
    trials: dict[int, Trial]

    @staticmethod
    def of(catalog: Catalog, verdict: Verdict) -> _Sheet:
        metric = catalog.metrics[verdict.metric]
        trials: dict[int, Trial] = {}
        for position, example in enumerate(metric.examples):
            try:
                trials[position] = trial_of(example, verdict.logic, catalog.sources)
            except ExampleError as error:
                verdict.refused[position] = error
        return _Sheet(metric, verdict, trials)

    @cached_property
    def asks(self) -> list[Ask]:
        """What is to be computed, in the order in which `fill` takes it."""
        own = [Ask(self.verdict.logic, trial) for trial in self.trials.values()]
        return own + [Ask(mutant.logic, trial, mutant.shift) for mutant in self.verdict.mutants for trial in self.trials.values()]

    def fill(self, outcomes: list[Outcome]) -> None:
        """Read the outcomes of the asks into the verdict."""
        count = len(self.trials)
        own = outcomes[:count]
        for position, outcome in zip(self.trials, own, strict=True):
            self._one(position, outcome)
        for number, mutant in enumerate(self.verdict.mutants, 1):
            under = outcomes[number * count : (number + 1) * count]
            noticed = any(
                notices(one, other, mutant.shift)
                for trial, one, other in zip(self.trials.values(), own, under, strict=True)
                if trial.clock(mutant.shift) is not None
            )
            if not noticed:
                self.verdict.survivors.append(Survivor(mutant, None))

    def _one(self, position: int, outcome: Outcome) -> None:
        example = self.metric.examples[position]
        if isinstance(outcome, Failed):
            message = f"The example `{example.name}` cannot be computed: {outcome.why}."
            self.verdict.refused[position] = ExampleError(message, hint="use smaller numbers.", path=("rows",), code="RNG-JOB-092")
            return
        self.verdict.worked.append(Worked(self.metric.metric, position, example.name, example.expect, outcome))


def _look_for_witnesses(engine: Engine, contract: Contract, metric: Metric, verdict: Verdict) -> None:
    countries: Iterable[str] = dict.fromkeys([*(example.country for example in metric.examples), *verdict.logic.time_zones])
    found = witnesses(engine, verdict.logic, [one.mutant for one in verdict.survivors], contract, tuple(countries))
    verdict.survivors = [Survivor(one.mutant, witness) for one, witness in zip(verdict.survivors, found, strict=True)]
