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
from tests.support.logics import derived, measured, ratio, variant

_SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
_END = {TimeGrain.DAY: own.END, TimeGrain.WEEK: own.END, TimeGrain.MONTH: dt.date(2026, 5, 1)}
_FIRST = {TimeGrain.DAY: own.FIRST, TimeGrain.WEEK: own.FIRST, TimeGrain.MONTH: dt.date(2026, 2, 1)}


def same(found: Any, expected: Any) -> bool:
    """Equal, or for doubles within 1e-9 of the larger one."""
    if isinstance(expected, float) and found is not None:
        return bool(found == pytest.approx(expected, rel=1e-9, abs=1e-7))
    if isinstance(expected, Decimal | int) and isinstance(found, Decimal):
        return found == expected
    if isinstance(expected, dt.datetime) and isinstance(found, dt.datetime):
        return _on_utc_clock(found) == _on_utc_clock(expected)
    return bool(found == expected)


def _on_utc_clock(value: dt.datetime) -> dt.datetime:
    """What a UTC clock shows; the oracle's instants are told so, those of an engine bear a zone."""
    return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)


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


RICH = [
    measured("events", "count"),
    measured("plays", "count", where="event_type = 'start'"),
    measured("late", "count", where="received_at > occurred_at + interval '1' hour"),
    measured("evening", "count", where="extract(hour from occurred_at) >= 18 or is_live"),
    measured("viewers", "count_distinct", "viewer_id"),
    measured("starters", "count_distinct", "viewer_id", "event_type = 'start'"),
    measured("finishers", "count_distinct", "viewer_id", "event_type = 'stop'"),
    measured("away", "count_distinct", "viewer_id", "viewing_country <> account_country", variants={"JP": variant("is_live")}),
    measured("titles", "count_distinct", "title_id", "seconds_viewed >= 0"),
    measured(
        "pairs", "count_distinct", "viewer_id || '/' || cast(title_id as varchar)", variants={"DE": variant(expression="device_type")}
    ),
    measured("seconds", "sum", "seconds_viewed"),
    measured("hours", "sum", "seconds_viewed / 3600.0", variants={"JP": variant("seconds_viewed >= 5", until=dt.date(2026, 3, 29))}),
    measured("sevenths", "sum", "seconds_viewed / 60.0 * 7"),
    measured("minus", "sum", "-(seconds_viewed / 60.0)", "event_type <> 'start'"),
    measured("scores", "sum", "score * 1.5 + title_id"),
    measured("paid", "sum", "price", "price > 0"),
    measured("mean", "average", "seconds_viewed", "event_type = 'heartbeat'"),
    measured("mean_price", "average", "price / 3"),
    measured("mean_score", "average", "coalesce(score, 0.5)", variants={"US": variant(expression="seconds_viewed / 7")}),
    measured("least", "minimum", "score"),
    measured("latest", "maximum", "received_at", "not is_live"),
    measured(
        "released", "minimum", "released_on", variants={"NZ": variant(until=dt.date(2026, 4, 5), expression="cast(occurred_at as date)")}
    ),
]
BY_NAME = {logic.metric: logic for logic in RICH}
COMPOSED = [
    ratio("completion", BY_NAME["finishers"], BY_NAME["starters"]),
    ratio("hours_per_viewer", BY_NAME["hours"], BY_NAME["viewers"]),
    derived("mix", "(plays - late) / 2 + coalesce(mean, 0)", *(BY_NAME[name] for name in ("plays", "late", "mean"))),
]


@pytest.mark.parametrize("grain", list(TimeGrain))
@pytest.mark.parametrize("dimensions", [(), ("device_type",), ("genre", "title_id"), ("rating", "is_live")], ids="+".join)
def test_a_rich_view_equals_the_oracle(grain: TimeGrain, dimensions: tuple[str, ...]) -> None:
    rows = own.many_events(7, 600)
    days = [dt.date(2026, 3, 8), dt.date(2026, 3, 29), dt.date(2026, 4, 4)]
    rating: list[dict[str, Any]] = [
        {"title_id": title, "rating": f"R{number}", "valid_from": start, "valid_until": end}
        for title in range(3)
        for number, (start, end) in enumerate([(None, days[0]), (days[0], days[1]), (days[2], None)])
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "title": [{"title_id": title, "genre": genre} for title, genre in ((0, "drama"), (1, None), (2, "comedy"))],
        "rating": rating,
    }
    metrics = {logic.metric: logic for logic in (*RICH, *COMPOSED)}
    first, end = _FIRST[grain], _END[grain]
    request = FactsRequest(
        Periods(grain, first, end), dimensions, metrics, own.COUNTRIES, relations(own.TABLE_COLUMNS, {"viewing_events": rows}, tables)
    )
    expected = facts(Question(grain.value, dimensions, metrics, own.COUNTRIES, {"viewing_events": rows}, tables))
    inside = {cell: values for cell, values in expected.items() if first <= cell[1] < end}
    assert len(inside) > 15
    assert differences(facts_of(request), inside) == []


@_SETTINGS
@given(
    own.batches(),
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
@given(own.batches(least=1, most=20), own.metrics(), st.integers(1, 34), st.booleans())
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
