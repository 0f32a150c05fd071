"""One suite for every engine: compiled metrics on Spark against the oracle and against DuckDB, and the starter lake cell by cell.

A statement for Spark costs a second whatever it computes, so many generated metrics share one statement; their events lie where
clocks change. What an engine cannot do yet is a strict mark in KNOWN: a case that starts to work fails until its mark is gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.compile import FactsRequest, Periods, Relations, compile_facts
from jobs.compile.one_pass import MOST_TOGETHER
from jobs.dialects.spark import SPARK
from jobs.engines.spark import SparkEngine
from metrics_catalog.expression import parse, type_of
from metrics_catalog.logic import Logic
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain
from tests.oracle import Question, facts
from tests.properties import strategies as own
from tests.properties.test_metrics_against_oracle import _END, _FIRST, COMPOSED, RICH, differences
from tests.support.compiled import Row, arrow_table, facts_of, relations
from tests.support.spark import engine as shared_engine

AT_ONCE = 60
"""Generated metrics of one statement."""


@pytest.fixture(scope="module")
def engine() -> SparkEngine:
    return shared_engine()


def spark_relations(session: SparkSession, sources: dict[str, Sequence[Row]], dimensions: dict[str, Sequence[Row]]) -> Relations:
    """Relations over plain rows, as views of the session."""

    def view(name: str, rows: Sequence[Row]) -> str:
        table: pa.Table = arrow_table(own.TABLE_COLUMNS[name], rows)
        session.createDataFrame(table).createOrReplaceTempView(f"rows_{name}")
        return f"rows_{name}"

    return Relations(
        {name: view(name, rows) for name, rows in sources.items()}, {name: view(name, rows) for name, rows in dimensions.items()}
    )


def facts_on_spark(engine: SparkEngine, request: FactsRequest, *, together: bool | None = None) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What a request gives, by cell; `together` says whether its statement is known to have one grouping for sums and counts."""
    statement = compile_facts(request, SPARK)
    assert together is None or together == ("@for_sums" in statement.sql)
    names = [column.name for column in statement.columns]
    found = {}
    for values in engine.rows(statement.sql):
        row = dict(zip(names, values, strict=True))
        cell = tuple(row[key] for key in statement.keys)
        assert cell not in found, f"{cell} stands in two rows"
        found[cell] = {name: value for name, value in row.items() if name not in statement.keys}
    return found


DAYS = [dt.date(2026, 3, 8), dt.date(2026, 3, 29), dt.date(2026, 4, 4)]
TABLES: dict[str, list[dict[str, Any]]] = {
    "title": [{"title_id": title, "genre": genre} for title, genre in ((0, "drama"), (1, None), (2, "comedy"))],
    "rating": [
        {"title_id": title, "rating": f"R{number}", "valid_from": start, "valid_until": end}
        for title in range(3)
        for number, (start, end) in enumerate([(None, DAYS[0]), (DAYS[0], DAYS[1]), (DAYS[2], None)])
    ],
}


SUMS_OF_DOUBLES = {"scores", "mean_score"}


@pytest.mark.parametrize("left_out", [set(), SUMS_OF_DOUBLES], ids=["all", "in one grouping"])
@pytest.mark.parametrize(
    ("grain", "dimensions"),
    [
        (TimeGrain.DAY, ("device_type",)),
        (TimeGrain.WEEK, ("genre", "title_id")),
        (TimeGrain.MONTH, ()),
        (TimeGrain.DAY, ("rating", "is_live")),
    ],
)
def test_a_rich_view_equals_the_oracle_on_spark(
    engine: SparkEngine, grain: TimeGrain, dimensions: tuple[str, ...], left_out: set[str]
) -> None:
    rows = own.many_events(7, 600)
    metrics = {logic.metric: logic for logic in (*RICH, *COMPOSED) if logic.metric not in left_out}
    first, end = _FIRST[grain], _END[grain]
    at = spark_relations(engine.session, {"viewing_events": rows}, dict(TABLES))
    expected = facts(Question(grain.value, dimensions, metrics, own.COUNTRIES, {"viewing_events": rows}, TABLES))
    inside = {cell: values for cell, values in expected.items() if first <= cell[1] < end}
    assert len(inside) > 15
    request = FactsRequest(Periods(grain, first, end), dimensions, metrics, own.COUNTRIES, at)
    assert differences(facts_on_spark(engine, request, together=bool(left_out)), inside) == []


def _named(logics: list[Logic]) -> dict[str, Logic]:
    return {f"m{number}": logic.model_copy(update={"metric": f"m{number}"}) for number, logic in enumerate(logics)}


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would start hundreds of statements
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(own.measured("m"), min_size=AT_ONCE, max_size=AT_ONCE).map(_named),
    st.integers(0, 2**32 - 1),
    st.sampled_from([(), ("device_type",), ("genre",), ("rating", "is_live")]),
    st.sampled_from(list(TimeGrain)),
)
def test_generated_metrics_are_equal_on_spark_duckdb_and_the_oracle(
    engine: SparkEngine, metrics: dict[str, Logic], seed: int, dimensions: tuple[str, ...], grain: TimeGrain
) -> None:
    rows = own.many_events(seed, 200)
    periods = Periods(grain, _FIRST[grain], _END[grain])
    embedded = facts_of(
        FactsRequest(periods, dimensions, metrics, own.COUNTRIES, relations(own.TABLE_COLUMNS, {"viewing_events": rows}, TABLES))
    )
    at = spark_relations(engine.session, {"viewing_events": rows}, dict(TABLES))
    found = facts_on_spark(engine, FactsRequest(periods, dimensions, metrics, own.COUNTRIES, at))
    expected = facts(Question(grain.value, dimensions, metrics, own.COUNTRIES, {"viewing_events": rows}, TABLES))
    inside = {cell: values for cell, values in expected.items() if periods.first <= cell[1] < periods.end}
    assert differences(found, inside) == []
    assert differences(found, embedded) == []
    few = _for_one_grouping(metrics)
    assume(few)
    found = facts_on_spark(engine, FactsRequest(periods, dimensions, few, own.COUNTRIES, at), together=_counts_values(few))
    assert differences(found, {cell: {name: values[name] for name in few} for cell, values in inside.items()}) == []


def _for_one_grouping(metrics: dict[str, Logic]) -> dict[str, Logic]:
    """Those that one grouping can serve: no sum of doubles, and few different values to count, but some."""
    found = {name: logic for name, logic in metrics.items() if logic.kind in ("count", "minimum", "maximum") or _sums_whole_numbers(logic)}
    counted = {name: logic for name, logic in metrics.items() if logic.kind == "count_distinct"}
    return found | dict(list(counted.items())[:MOST_TOGETHER])


def _counts_values(metrics: dict[str, Logic]) -> bool:
    return any(logic.kind == "count_distinct" for logic in metrics.values())


def _sums_whole_numbers(logic: Logic) -> bool:
    texts = [logic.expression, *(variant.expression for variant in logic.variants.values())]
    return logic.kind in ("sum", "average") and all(type_of(parse(text), own.COLUMNS) is ColumnType.INTEGER for text in texts if text)
