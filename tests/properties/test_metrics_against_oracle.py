"""Every kind of metric, compiled and run on DuckDB, against the oracle, over generated events, metrics and views."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.compile import FactsRequest, Periods
from metrics_catalog.logic import Logic
from metrics_catalog.view import TimeGrain
from tests.oracle import Question, facts
from tests.properties import strategies as own
from tests.support.compiled import facts_of, relations

_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
_END = {TimeGrain.DAY: own.END, TimeGrain.WEEK: own.END, TimeGrain.MONTH: dt.date(2026, 5, 1)}
_FIRST = {TimeGrain.DAY: own.FIRST, TimeGrain.WEEK: own.FIRST, TimeGrain.MONTH: dt.date(2026, 2, 1)}


def same(found: Any, expected: Any) -> bool:
    """Equal, or for doubles within 1e-9 of the larger one."""
    if isinstance(expected, float) and found is not None:
        return bool(found == pytest.approx(expected, rel=1e-9, abs=1e-7))
    if isinstance(expected, Decimal | int) and isinstance(found, Decimal):
        return found == expected
    if isinstance(expected, dt.datetime) and isinstance(found, dt.datetime):
        return found.astimezone(dt.UTC).replace(tzinfo=None) == expected
    return bool(found == expected)


def differences(found: dict[Any, dict[str, Any]], expected: dict[Any, dict[str, Any]]) -> list[str]:
    """What differs between two facts, in words."""
    lines = [f"{cell} is there" for cell in found.keys() - expected.keys()] + [
        f"{cell} is missing" for cell in expected.keys() - found.keys()
    ]
    for cell in found.keys() & expected.keys():
        lines += [
            f"{cell} {name}: {found[cell][name]!r}, expected {value!r}"
            for name, value in expected[cell].items()
            if not same(found[cell][name], value)
        ]
    return lines


@_SETTINGS
@given(
    st.lists(own.events(), max_size=25),
    own.tables(),
    own.metrics(),
    st.lists(st.sampled_from(sorted(own.DIMENSIONS)), max_size=3, unique=True),
    st.sampled_from(list(TimeGrain)),
)
def test_compiled_metrics_equal_the_oracle(
    rows: list[dict[str, Any]], tables: dict[str, list[dict[str, Any]]], metrics: dict[str, Logic], dimensions: list[str], grain: TimeGrain
) -> None:
    first, end = _FIRST[grain], _END[grain]
    request = FactsRequest(
        Periods(grain, first, end),
        tuple(dimensions),
        metrics,
        own.COUNTRIES,
        relations(own.TABLE_COLUMNS, {"viewing_events": rows}, tables),
    )
    expected = facts(Question(grain.value, dimensions, metrics, own.COUNTRIES, {"viewing_events": rows}, tables))
    inside = {cell: values for cell, values in expected.items() if first <= cell[1] < end}
    assert differences(facts_of(request), inside) == []


@settings(_SETTINGS, max_examples=20)
@given(st.lists(own.events(), min_size=1, max_size=20), own.metrics(), st.integers(1, 34), st.booleans())
def test_periods_computed_in_pieces_or_cell_by_cell_give_what_they_give_at_once(
    rows: list[dict[str, Any]], metrics: dict[str, Logic], cut: int, pointwise: bool
) -> None:
    rows_at = relations(own.TABLE_COLUMNS, {"viewing_events": rows}, {"title": [], "rating": []})
    middle = own.FIRST + dt.timedelta(days=cut)

    def computed(first: dt.date, end: dt.date, cells: frozenset[tuple[str, dt.date]] | None = None) -> dict[Any, dict[str, Any]]:
        return facts_of(FactsRequest(Periods(TimeGrain.DAY, first, end, cells), ("device_type",), metrics, own.COUNTRIES, rows_at))

    whole = computed(own.FIRST, own.END)
    if pointwise:
        touched = frozenset((country, day) for country, day, _ in whole)
        assert computed(own.FIRST, own.END, touched) == whole
    assert computed(own.FIRST, middle) | computed(middle, own.END) == whole
