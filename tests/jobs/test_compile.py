"""The compiler from certified logic to one statement: what comes out, for whom, and what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from jobs.compile import FactsRequest, Periods, Relations, compile_facts
from jobs.compile.one_pass import FEW_EVENTS, MOST_TOGETHER
from jobs.dialects.spark import SPARK
from jobs.errors import JobError
from metrics_catalog.logic import Logic
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain
from tests.oracle import Question, facts
from tests.properties.strategies import COUNTRIES, GENRE, SOURCE, TABLE_COLUMNS, ZONES
from tests.support.compiled import facts_of, relations, run
from tests.support.logics import derived, event, measured, ratio, variant
from views.published_view import Role

DAY = dt.date(2026, 3, 30)
PLAYS = measured("plays", "count", where="event_type = 'start'")
VIEWERS = measured("viewers", "count_distinct", "viewer_id")
SECONDS = measured("seconds", "sum", "seconds_viewed")
HOURS = measured("hours", "sum", "seconds_viewed / 3600.0")


def requested(
    rows: list[dict[str, Any]],
    *logics: Logic,
    grain: TimeGrain = TimeGrain.DAY,
    first: dt.date = dt.date(2026, 3, 23),
    end: dt.date = dt.date(2026, 4, 6),
    dimensions: tuple[str, ...] = (),
    countries: tuple[str, ...] = COUNTRIES,
    tables: dict[str, list[dict[str, Any]]] | None = None,
    cells: frozenset[tuple[str, dt.date]] | None = None,
) -> FactsRequest:
    found = relations(TABLE_COLUMNS, {"viewing_events": rows}, {"title": [], "rating": [], **(tables or {})})
    return FactsRequest(Periods(grain, first, end, cells), dimensions, {logic.metric: logic for logic in logics}, countries, found)


@pytest.mark.parametrize(
    ("logics", "rows", "together"),
    [
        ((VIEWERS, SECONDS, HOURS), {"viewing_events": FEW_EVENTS}, True),
        ((VIEWERS,), {}, True),
        ((VIEWERS, SECONDS), {"viewing_events": FEW_EVENTS + 1}, False),
        ((VIEWERS, measured("scores", "sum", "score")), {}, False),
        ((SECONDS, PLAYS), {}, False),
        (tuple(measured(f"m{number}", "count_distinct", f"title_id + {number}") for number in range(MOST_TOGETHER + 1)), {}, False),
    ],
)
def test_one_grouping_serves_few_events_that_are_counted_and_summed_exactly(
    logics: tuple[Logic, ...], rows: dict[str, int], together: bool
) -> None:
    request = requested([], *logics)
    request = replace(request, relations=replace(request.relations, rows=rows))
    assert ("GROUPING SETS" in compile_facts(request, SPARK).sql) is together
    assert "GROUPING SETS" not in compile_facts(request).sql, "DuckDB keeps the narrow events"


def test_columns_are_country_period_dimensions_metrics_and_parts_in_that_order() -> None:
    statement = compile_facts(requested([], ratio("rate", PLAYS, VIEWERS), SECONDS, dimensions=("device_type", "title_id")))
    assert [(column.name, column.type, column.role) for column in statement.columns] == [
        ("viewing_country", ColumnType.STRING, Role.COUNTRY),
        ("viewing_date", ColumnType.DATE, Role.TIME),
        ("device_type", ColumnType.STRING, Role.DIMENSION),
        ("title_id", ColumnType.STRING, Role.DIMENSION),
        ("rate", ColumnType.DOUBLE, Role.METRIC),
        ("seconds", ColumnType.INTEGER, Role.METRIC),
        ("plays", ColumnType.INTEGER, Role.PART),
        ("viewers", ColumnType.INTEGER, Role.PART),
    ]
    assert statement.keys == ("viewing_country", "viewing_date", "device_type", "title_id")
    assert run(statement) == []


def test_the_types_of_the_result_are_those_that_the_columns_promise() -> None:
    rows = [event("GB", "2026-03-30 12:00", seconds_viewed=7, price=Decimal("1.5"), released_on=DAY, score=0.5, viewer_id="v", title_id=3)]
    logics = [
        *(PLAYS, VIEWERS, SECONDS, HOURS, measured("mean", "average", "seconds_viewed"), measured("paid", "sum", "price")),
        *(measured("latest", "maximum", "occurred_at"), measured("first_release", "minimum", "released_on"), ratio("rate", PLAYS, VIEWERS)),
        derived("doubled", "plays * 2", PLAYS),
    ]
    request = requested(rows, *logics, dimensions=("title_id", "is_live"))
    statement = compile_facts(request)
    (row,) = run(statement)
    kinds = {
        ColumnType.STRING: str,
        ColumnType.INTEGER: int,
        ColumnType.DOUBLE: float,
        ColumnType.DECIMAL: Decimal,
        ColumnType.DATE: dt.date,
    }
    kinds[ColumnType.TIMESTAMP] = dt.datetime
    assert {column.name: type(row[column.name]) for column in statement.columns} == {
        column.name: kinds[column.type] for column in statement.columns
    }
    assert row["latest"] == dt.datetime(2026, 3, 30, 12, tzinfo=dt.UTC)


def test_each_source_is_scanned_once_whatever_the_number_of_metrics() -> None:
    logics = [measured(f"m{n}", "count", where=f"seconds_viewed > {n}") for n in range(50)] + [VIEWERS, SECONDS, HOURS]
    assert compile_facts(requested([], *logics)).sql.count("rows_viewing_events") == 1


def test_the_sql_grows_linearly_and_is_the_same_every_time() -> None:
    def length(count: int) -> int:
        logics = [measured(f"m{n}", "count_distinct" if n % 3 else "sum", "title_id", f"seconds_viewed > {n}") for n in range(count)]
        request = requested([], *logics)
        assert compile_facts(request).sql == compile_facts(request).sql
        return len(compile_facts(request).sql)

    assert length(400) < 2.1 * length(200)


def test_counts_over_nothing_are_0_and_sums_over_nothing_are_null() -> None:
    rows = [event("GB", "2026-03-30 12:00", event_type="stop")]
    logics = (
        PLAYS,
        VIEWERS,
        SECONDS,
        measured("least", "minimum", "score"),
        measured("mean", "average", "score"),
        ratio("rate", PLAYS, VIEWERS),
    )
    assert facts_of(requested(rows, *logics)) == {
        ("GB", DAY): {"plays": 0, "viewers": 0, "seconds": None, "least": None, "mean": None, "rate": None}
    }


def test_a_ratio_is_null_over_0_and_its_parts_are_published_beside_it() -> None:
    rows = [event("GB", "2026-03-30 12:00", event_type="start"), event("JP", "2026-03-30 12:00", event_type="start", viewer_id="v")]
    found = facts_of(requested(rows, ratio("rate", PLAYS, VIEWERS)))
    assert found == {("GB", DAY): {"rate": None, "plays": 1, "viewers": 0}, ("JP", DAY): {"rate": 1.0, "plays": 1, "viewers": 1}}


def test_a_part_on_whose_meaning_two_ratios_differ_is_not_published_but_each_ratio_is_right() -> None:
    starts, all_events = PLAYS, measured("plays", "count")
    rows = [event("GB", "2026-03-30 12:00", event_type=kind, viewer_id="v") for kind in ("start", "stop")]
    found = facts_of(requested(rows, ratio("strict", starts, VIEWERS), ratio("loose", all_events, VIEWERS)))
    assert found == {("GB", DAY): {"strict": 1.0, "loose": 2.0, "viewers": 1}}


def test_derived_metrics_may_rest_on_ratios_and_on_each_other() -> None:
    rows = [event("GB", "2026-03-30 12:00", event_type="start", viewer_id=viewer) for viewer in ("a", "a", "b")]
    rate = ratio("rate", PLAYS, VIEWERS)
    percent = derived("percent", "rate * 100", rate)
    above = derived("above", "percent - plays", percent, PLAYS)
    (values,) = facts_of(requested(rows, above, percent)).values()
    assert values == {"above": 147.0, "percent": 150.0}


def test_events_of_other_countries_and_of_none_are_left_out() -> None:
    rows = [event(country, "2026-03-30 12:00") for country in ("GB", "XX", None, "gb")]
    assert set(facts_of(requested(rows, VIEWERS, countries=("GB", "JP")))) == {("GB", DAY)}


def test_members_are_text_and_what_is_missing_is_unknown_once() -> None:
    rows = [event("GB", "2026-03-30 12:00", device_type=device, title_id=title) for device in (None, "unknown", "") for title in (None, 7)]
    found = facts_of(requested(rows, measured("events", "count"), dimensions=("device_type", "title_id", "is_live")))
    assert {cell[2:]: values["events"] for cell, values in found.items()} == {
        ("unknown", "unknown", "unknown"): 2,
        ("unknown", "7", "unknown"): 2,
        ("", "unknown", "unknown"): 1,
        ("", "7", "unknown"): 1,
    }


def test_a_dimension_that_holds_a_key_twice_multiplies_no_row() -> None:
    rows = [event("GB", "2026-03-30 12:00", title_id=1)] * 3
    titles = [{"title_id": 1, "genre": genre} for genre in ("drama", "comedy", None)]
    found = facts_of(requested(rows, measured("events", "count"), dimensions=("genre",), tables={"title": titles}))
    assert found == {("GB", DAY, "comedy"): {"events": 3}}


def test_an_attribute_is_the_one_that_holds_on_the_local_day() -> None:
    ratings = [
        {"title_id": 1, "rating": "12", "valid_from": None, "valid_until": dt.date(2026, 3, 31)},
        {"title_id": 1, "rating": "16", "valid_from": dt.date(2026, 3, 31), "valid_until": None},
    ]
    rows = [event(country, "2026-03-30 15:30", title_id=1) for country in ("JP", "GB")]
    found = facts_of(requested(rows, measured("events", "count"), dimensions=("rating",), tables={"rating": ratings}, grain=TimeGrain.WEEK))
    assert set(found) == {("JP", DAY, "16"), ("GB", DAY, "12")}


def test_of_several_rows_that_hold_the_one_that_became_valid_last_is_taken() -> None:
    starts = [None, dt.date(2026, 3, 1), dt.date(2026, 3, 20), dt.date(2026, 5, 1)]
    ratings = [{"title_id": 1, "rating": f"from {start}", "valid_from": start, "valid_until": None} for start in starts]
    found = facts_of(requested([event("GB", "2026-03-30 12:00", title_id=1)], PLAYS, dimensions=("rating",), tables={"rating": ratings}))
    assert set(found) == {("GB", DAY, "from 2026-03-20")}


def test_a_variant_holds_in_its_country_before_its_local_end() -> None:
    own = measured(
        "seconds", "sum", "seconds_viewed", variants={"JP": variant("seconds_viewed >= 5", "seconds_viewed * 10", dt.date(2026, 3, 31))}
    )
    rows = [
        event(country, at, seconds_viewed=seconds)
        for country in ("JP", "GB")
        for seconds in (1, 7)
        for at in ("2026-03-30 14:59", "2026-03-30 15:00")
    ]
    found = facts_of(requested(rows, own))
    assert found == {("GB", DAY): {"seconds": 16}, ("JP", DAY): {"seconds": 70}, ("JP", dt.date(2026, 3, 31)): {"seconds": 8}}


def test_an_expired_variant_leaves_no_trace_in_the_statement() -> None:
    own = measured("seconds", "sum", "seconds_viewed", variants={"JP": variant("seconds_viewed >= 5", until=dt.date(2026, 3, 23))})
    assert compile_facts(requested([], own)).sql == compile_facts(requested([], SECONDS)).sql


def test_only_the_cells_asked_for_are_computed() -> None:
    rows = [event(country, f"2026-03-{day} 12:00", viewer_id="v") for country in ("GB", "DE") for day in (29, 30, 31)]
    everything = facts_of(requested(rows, VIEWERS, PLAYS))
    wanted = frozenset({("GB", dt.date(2026, 3, 29)), ("DE", dt.date(2026, 3, 31)), ("JP", DAY), ("XX", DAY)})
    assert facts_of(requested(rows, VIEWERS, PLAYS, cells=wanted)) == {cell: everything[cell] for cell in everything if cell in wanted}
    assert facts_of(requested(rows, VIEWERS, PLAYS, cells=frozenset())) == {}


@pytest.mark.parametrize("count", [60, 130])
def test_many_filters_need_several_words_of_bits(count: int) -> None:
    rows = [event("GB", "2026-03-30 12:00", seconds_viewed=n, viewer_id=f"v{n % 17}") for n in range(count)]
    logics = {f"d{n}": measured(f"d{n}", "count_distinct", "viewer_id", f"seconds_viewed >= {n}") for n in range(count)}
    logics |= {f"c{n}": measured(f"c{n}", "count", where=f"seconds_viewed < {n}") for n in range(count)}
    expected = facts(Question("day", (), logics, COUNTRIES, {"viewing_events": rows}))
    assert facts_of(requested(rows, *logics.values())) == expected


def test_sums_are_exact_and_the_order_of_rows_changes_no_digit() -> None:
    numbers = [0.1, 1e15, -1e15, 0.3, 1e-9, 7.7] * 50
    rows = [
        event("GB", "2026-03-30 12:00", score=number, seconds_viewed=10**15 + n, event_type=f"e{n % 7}") for n, number in enumerate(numbers)
    ]
    logics = (
        measured("total", "sum", "score"),
        measured("some", "sum", "score", "event_type <> 'e1'"),
        measured("mean", "average", "score"),
        HOURS,
    )
    answers = {tuple(facts_of(requested(order, *logics))["GB", DAY].values()) for order in (rows, rows[::-1], rows[1::2] + rows[::2])}
    assert len(answers) == 1
    assert facts_of(requested(rows, HOURS))["GB", DAY]["hours"] == sum(10**15 + n for n in range(300)) / 3600.0


def test_a_sum_that_does_not_fit_is_an_error_not_a_wrong_number() -> None:
    rows = [event("GB", "2026-03-30 12:00", seconds_viewed=2**62)] * 2
    with pytest.raises(duckdb.ConversionException):
        facts_of(requested(rows, SECONDS))


def test_weeks_begin_on_monday_and_months_on_their_first_day_of_the_local_calendar() -> None:
    rows = [
        event("JP", "2026-03-29 15:00"),
        event("GB", "2026-03-29 15:00"),
        event("US", "2026-04-01 06:59"),
        event("US", "2026-04-01 07:00"),
    ]
    weeks = facts_of(requested(rows, measured("events", "count"), grain=TimeGrain.WEEK))
    assert set(weeks) == {("JP", DAY), ("GB", dt.date(2026, 3, 23)), ("US", DAY)}
    months = facts_of(
        requested(rows, measured("events", "count"), grain=TimeGrain.MONTH, first=dt.date(2026, 3, 1), end=dt.date(2026, 5, 1))
    )
    assert set(months) == {
        ("JP", dt.date(2026, 3, 1)),
        ("GB", dt.date(2026, 3, 1)),
        ("US", dt.date(2026, 3, 1)),
        ("US", dt.date(2026, 4, 1)),
    }


def test_a_day_of_25_hours_and_one_of_23_are_one_day_each() -> None:
    spring = [event("DE", at) for at in ("2026-03-28 22:59", "2026-03-28 23:00", "2026-03-29 21:59", "2026-03-29 22:00")]
    found = facts_of(requested(spring, measured("events", "count")))
    assert [values["events"] for values in found.values()] == [1, 2, 1]
    autumn = [event("DE", at) for at in ("2026-10-24 21:59", "2026-10-24 22:00", "2026-10-25 22:59", "2026-10-25 23:00")]
    found = facts_of(requested(autumn, measured("events", "count"), first=dt.date(2026, 10, 1), end=dt.date(2026, 11, 1)))
    assert [values["events"] for values in found.values()] == [1, 2, 1]


def test_a_day_that_a_country_skipped_does_not_exist() -> None:
    zones = {"WS": "Pacific/Apia"}
    rows = [event("WS", at) for at in ("2011-12-30 09:59", "2011-12-30 10:00")]  # Samoa went from 29 to 31 December
    request = requested(
        rows, measured("events", "count", time_zones=zones), first=dt.date(2011, 12, 25), end=dt.date(2012, 1, 5), countries=("WS",)
    )
    assert set(facts_of(request)) == {("WS", dt.date(2011, 12, 29)), ("WS", dt.date(2011, 12, 31))}


def test_dates_need_no_clock() -> None:
    dated = SOURCE.model_copy(update={"event_time": "released_on"})
    rows = [event(country, "2020-01-01 00:00", released_on=DAY) for country in ("JP", "US")]
    found = facts_of(requested(rows, measured("events", "count", source=dated), grain=TimeGrain.WEEK))
    assert found == {("JP", DAY): {"events": 1}, ("US", DAY): {"events": 1}}


def test_metrics_of_several_sources_stand_side_by_side_in_every_cell_that_one_of_them_reaches() -> None:
    other = SOURCE.model_copy(update={"source": "searches"})
    third = SOURCE.model_copy(update={"source": "signups"})
    logics = {
        "plays": PLAYS,
        "searches": measured("searches", "count", source=other),
        "searchers": measured("searchers", "count_distinct", "viewer_id", source=other),
        "typed": measured("typed", "sum", "seconds_viewed", source=other),
        "signups": measured("signups", "count", source=third),
    }
    logics["plays_per_search"] = ratio("plays_per_search", logics["plays"], logics["searches"])
    types = {**TABLE_COLUMNS, "searches": TABLE_COLUMNS["viewing_events"], "signups": TABLE_COLUMNS["viewing_events"]}
    events = {
        "viewing_events": [event("GB", "2026-03-30 12:00", event_type="start", device_type="tv")],
        "searches": [event("GB", "2026-03-30 12:00", viewer_id="v", seconds_viewed=3, device_type=device) for device in ("tv", None)],
        "signups": [event("JP", "2026-03-30 12:00", device_type="web"), event("GB", "2026-03-30 12:00")],
    }
    request = FactsRequest(
        Periods(TimeGrain.DAY, DAY, dt.date(2026, 3, 31)), ("device_type",), logics, COUNTRIES, relations(types, events, {})
    )
    assert facts_of(request) == facts(Question("day", ("device_type",), logics, COUNTRIES, events))
    assert len(facts_of(request)) == 3


def test_metrics_certified_under_different_clocks_are_each_counted_by_their_own() -> None:
    old = measured("old", "count", time_zones={**ZONES, "JP": "UTC"})
    new = measured("new", "count")
    young = measured("young", "count", time_zones={"GB": "UTC"})
    rows = [event("JP", "2026-03-30 15:00"), event("GB", "2026-03-30 15:00")]
    assert facts_of(requested(rows, old, new, young)) == {
        ("GB", DAY): {"old": 1, "new": 1, "young": 1},
        ("JP", DAY): {"old": 1, "new": 0, "young": None},
        ("JP", dt.date(2026, 3, 31)): {"old": 0, "new": 1, "young": None},
    }


def test_facts_are_ordered_by_their_keys() -> None:
    rows = [
        event(country, f"2026-03-{day} 12:00", device_type=device) for country in ("US", "GB") for day in (31, 29) for device in ("tv", "a")
    ]
    statement = compile_facts(requested(rows, PLAYS, dimensions=("device_type",)))
    keys = [tuple(row[key] for key in statement.keys) for row in run(statement)]
    assert keys == sorted(keys) and len(keys) == 8


def test_what_cannot_be_computed_is_refused_in_words() -> None:
    timeless = SOURCE.model_copy(update={"event_time": None})
    retyped = SOURCE.model_copy(update={"columns": {**SOURCE.columns, "title_id": ColumnType.STRING}})
    cases = [
        (requested([], measured("m", "count", source=timeless)), "names no event time"),
        (requested([], measured("m", "count", dimensions={}), dimensions=("device_type",)), "cannot be sliced by `device_type`"),
        (requested([], PLAYS, measured("m", "count", source=retyped)), "The column `title_id`"),
        (requested([], measured("m", "count", dimensions={"score": None}), dimensions=("score",)), "`score` is a double"),
        (requested([], measured("m", "count", time_zones={"GB": "Mars/Olympus"})), "The time zone `Mars/Olympus`"),
        (
            requested([], derived("m", "latest + 1", measured("latest", "maximum", "occurred_at"))),
            "The certified meaning of `m` cannot be computed",
        ),
        (requested([], measured("m", "sum", "gone")), "The column `gone` is not known"),
        (requested([]), "There is nothing to compute"),
        (requested([], PLAYS, countries=()), "There is nothing to compute"),
        (
            FactsRequest(Periods(TimeGrain.DAY, DAY, dt.date(2026, 3, 31)), (), {"m": PLAYS}, COUNTRIES, Relations({})),
            "rows of the source `viewing_events`",
        ),
        (
            FactsRequest(
                Periods(TimeGrain.DAY, DAY, dt.date(2026, 3, 31)), ("genre",), {"m": PLAYS}, COUNTRIES, Relations({"viewing_events": "x"})
            ),
            f"rows of the dimension `{GENRE.dimension}`",
        ),
    ]
    for request, words in cases:
        with pytest.raises(JobError) as refused:
            compile_facts(request)
        assert words in refused.value.message and refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("grain", "first", "end"),
    [
        (TimeGrain.DAY, DAY, DAY),
        (TimeGrain.WEEK, dt.date(2026, 3, 31), dt.date(2026, 4, 6)),
        (TimeGrain.WEEK, DAY, dt.date(2026, 4, 7)),
        (TimeGrain.MONTH, dt.date(2026, 3, 2), dt.date(2026, 4, 1)),
    ],
)
def test_periods_are_whole(grain: TimeGrain, first: dt.date, end: dt.date) -> None:
    with pytest.raises(JobError, match="not whole"):
        Periods(grain, first, end)
