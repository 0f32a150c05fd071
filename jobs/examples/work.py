"""Worked examples: what each should give, and what the metric gives under the pending meaning of the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.examples.bench import Ask, Failed, alike, compute
from jobs.examples.rows import ExampleError
from jobs.examples.trial import trial_of
from metrics_catalog.meaning import UnresolvedError, resolve_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.engine import Engine
    from jobs.examples.bench import Number, Outcome
    from metrics_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Worked:
    """One example: what it should give, and what the metric gives."""

    metric: str
    position: int
    name: str
    expected: Number
    computed: Outcome

    @property
    def holds(self) -> bool:
        """Whether the two are the same number; whole numbers exactly, others within 1e-9 of each other."""
        return alike(self.expected, self.computed)


def work_out(catalog: Catalog, engine: Engine, metrics: Iterable[str] | None = None) -> Iterator[Worked]:
    """Compute all examples of the named metrics (default: all), by name of the metric.

    Raises UnresolvedError where a metric has no meaning, and ExampleError where an example's rows cannot be read, mean no one
    period, or cannot be computed.
    """
    names = sorted(catalog.metrics if metrics is None else metrics)
    with_examples = [name for name in names if catalog.metrics[name].examples]
    places: list[tuple[str, int]] = []
    asks: list[Ask] = []
    for name, meaning in resolve_all(catalog, with_examples).items():
        if isinstance(meaning, UnresolvedError):
            raise meaning
        for position, example in enumerate(catalog.metrics[name].examples):
            places.append((name, position))
            asks.append(Ask(meaning.logic, trial_of(example, meaning.logic, catalog.sources)))
    for (name, position), outcome in zip(places, compute(engine, asks), strict=True):
        example = catalog.metrics[name].examples[position]
        if isinstance(outcome, Failed):
            raise ExampleError(
                f"The example `{example.name}` cannot be computed: {outcome.why}.",
                hint="use smaller numbers.",
                path=("rows",),
                code="RNG-JOB-092",
            )
        yield Worked(name, position, example.name, example.expect, outcome)
