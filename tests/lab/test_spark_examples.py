"""The starter's examples on Spark: each gives the number that it expects, as on the embedded engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.engines.spark import SparkEngine
from jobs.examples import Ask, compute, trial_of, work_out
from jobs.mutants import mutants_of
from metrics_catalog.catalog import load
from metrics_catalog.meaning import resolve
from tests.support.spark import engine as shared_engine

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"


@pytest.fixture(scope="module")
def engine() -> SparkEngine:
    return shared_engine()


@pytest.mark.slow
def test_every_example_of_the_starter_holds_on_spark(engine: SparkEngine) -> None:
    worked = list(work_out(load(STARTER)[0], engine))
    assert len(worked) >= 80
    assert [one for one in worked if not one.holds] == []


@pytest.mark.slow
def test_what_notices_a_change_on_one_engine_notices_it_on_the_other(engine: SparkEngine) -> None:
    catalog = load(STARTER)[0]
    logic = resolve(catalog, "viewing_hours").logic
    trials = [trial_of(example, logic) for example in catalog.metrics["viewing_hours"].examples]
    mutants = mutants_of(logic)[:6]
    own = compute(engine, [Ask(logic, trial) for trial in trials])
    under = compute(engine, [Ask(mutant.logic, trial, mutant.shift) for mutant in mutants for trial in trials])
    for number, mutant in enumerate(mutants):
        assert own != under[number * len(trials) : (number + 1) * len(trials)], mutant.what
