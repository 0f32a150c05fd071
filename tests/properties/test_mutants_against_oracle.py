"""Generated metrics and their mutants over generated events: the oracle and the engine agree on what an example notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jobs.engines.duckdb import DuckDb
from jobs.examples import Ask, Failed, Shift, compute, trial_of
from jobs.examples.trial import Trial
from jobs.mutants import Mutant, mutants_of
from jobs.mutants.mutant import notices
from jobs.mutants.search import Contract, witnesses
from metrics_catalog.logic import Logic
from metrics_catalog.metric import Example
from metrics_catalog.source import Column, ColumnType
from tests.oracle import Question, facts
from tests.properties import strategies as own
from tests.properties.test_metrics_against_oracle import same

_SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
_NUMBERS = (ColumnType.INTEGER, ColumnType.DOUBLE, ColumnType.DECIMAL)
AT_MOST = 25
"""Mutants of one metric that are tried; a generated metric may have more."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDb]:
    with DuckDb(spill=tmp_path_factory.mktemp("spill"), memory_limit="500MB") as engine:
        yield engine


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the oracle as a person writes it."""
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else float(value)


def told_by_oracle(logic: Logic, trial: Trial, shift: Shift, example: Example, rows: Sequence[dict[str, Any]]) -> Any:
    """The value of the example's one cell, row at a time; None where there is no cell."""
    zone = trial.clock(shift)
    assert zone is not None
    clocked = _clocked(logic, {example.country: zone})
    grain = "day" if example.day is not None else "month"
    found = facts(Question(grain, (), {"m": clocked}, (example.country,), {"viewing_events": rows}, {}))
    return found.get((example.country, trial.periods.first), {"m": None})["m"]


def _clocked(logic: Logic, zones: dict[str, str]) -> Logic:
    return logic.model_copy(update={"time_zones": zones, "parts": {name: _clocked(part, zones) for name, part in logic.parts.items()}})


def is_number(logic: Logic) -> bool:
    """Whether its values are numbers, as an example's are."""
    from metrics_catalog.expression import parse, type_of

    return all(
        part.expression is None or part.kind == "count_distinct" or type_of(parse(part.expression), own.COLUMNS) in _NUMBERS
        for part in logic.measured()
    )


@_SETTINGS
@given(
    own.batches(least=1, most=15),
    own.metrics(),
    st.sampled_from(["DE", "JP", "US", "NP"]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_the_oracle_and_the_engine_agree_on_what_an_example_notices(
    engine: DuckDb, rows: list[dict[str, Any]], metrics: dict[str, Logic], country: str, of_a_day: bool, chance: Any
) -> None:
    logic = metrics[sorted(metrics)[-1]]
    assume(is_number(logic))
    held = [{**row, "viewing_country": country if chance.random() < 0.9 else row["viewing_country"]} for row in rows]
    day = min(row["occurred_at"] for row in held).astimezone(ZoneInfo(own.ZONES[country])).date()
    kept = held if of_a_day else [row for row in held if _month(row, country) == _month(held[0], country)]
    example = Example(name="x", country=country, day=day if of_a_day else None, rows=tuple(map(plain, kept)), expect=None)
    trial = trial_of(example, logic)
    mutants = [mutant for mutant in mutants_of(logic) if trial.clock(mutant.shift) is not None][:AT_MOST]
    first, *under = compute(engine, [Ask(logic, trial), *(Ask(mutant.logic, trial, mutant.shift) for mutant in mutants)])
    assert same(first, told_by_oracle(logic, trial, Shift.NONE, example, kept))
    for mutant, outcome in zip(mutants, under, strict=True):
        if not isinstance(outcome, Failed):
            expected = told_by_oracle(mutant.logic, trial, mutant.shift, example, kept)
            assert same(outcome, expected), mutant.what


def _month(row: dict[str, Any], country: str) -> tuple[int, int]:
    local = row["occurred_at"].astimezone(ZoneInfo(own.ZONES[country]))
    return (local.year, local.month)


CONTRACT = Contract({"viewing_events": {name: Column(type=kind) for name, kind in own.COLUMNS.items()}})


@pytest.mark.slow
@settings(_SETTINGS, max_examples=4)
@given(own.measured("m"))
def test_every_proposed_example_holds_and_notices_what_it_is_proposed_for(engine: DuckDb, logic: Logic) -> None:
    assume(is_number(logic))
    mutants: Sequence[Mutant] = mutants_of(logic)[:8]
    for mutant, example in zip(mutants, witnesses(engine, logic, mutants, CONTRACT, ("GB", "DE", "JP", "US")), strict=True):
        if example is not None:
            trial = trial_of(example, logic)
            (one, other) = compute(engine, [Ask(logic, trial), Ask(mutant.logic, trial, mutant.shift)])
            assert same(one, example.expect), "the example holds"
            assert notices(one, other, mutant.shift), mutant.what
