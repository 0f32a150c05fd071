"""Worked examples of metrics, computed for real: a few raw rows in, one number out, beside the number worked out by hand.

Used by the starter's tests and by checks of a lake project. An example's rows are taken as accepted events of its country and
computed by the same compiler that computes what is published, under the pending meaning of the files.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobs.compile.facts import compile_facts
from jobs.compile.request import FactsRequest, Periods, Relations, next_start, start_of
from jobs.dialects import quoted
from jobs.dialects.duckdb import SQL_TYPES
from jobs.engines.duckdb import literal
from jobs.errors import JobError
from metrics_catalog.meaning import UnresolvedError, resolve_all
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobs.engine import Engine
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.logic import Logic
    from metrics_catalog.metric import Example
    from metrics_catalog.source import Source

TIMELESS = dt.datetime(2000, 1, 15, 12, tzinfo=dt.UTC)
"""When rows without an event time occurred, unless another row of the example says when: before any variant ended."""

Number = int | float | None


@dataclass(frozen=True, slots=True)
class Worked:
    """One example: what it should give, and what the metric gives."""

    metric: str
    position: int
    name: str
    expected: Number
    computed: Number

    @property
    def holds(self) -> bool:
        """Whether the two are the same number; whole numbers exactly, others within 1e-9 of each other."""
        if self.expected is None or self.computed is None:
            return self.expected is self.computed
        return math.isclose(self.expected, self.computed, rel_tol=1e-9, abs_tol=1e-12)


def work_out(catalog: Catalog, engine: Engine, metrics: Iterable[str] | None = None) -> Iterator[Worked]:
    """Compute all examples of the named metrics (default: all), by name of the metric. The engine is DuckDB.

    Raises UnresolvedError where a metric has no meaning, and JobError where an example's rows cannot be read or lie in more
    than one month of its country: an example is one number.
    """
    names = sorted(catalog.metrics if metrics is None else metrics)
    with_examples = [name for name in names if catalog.metrics[name].examples]
    meanings = resolve_all(catalog, with_examples)
    for name in with_examples:
        meaning = meanings[name]
        if isinstance(meaning, UnresolvedError):
            raise meaning
        for position, example in enumerate(catalog.metrics[name].examples):
            yield Worked(name, position, example.name, example.expect, _computed(catalog, meaning.logic, example, engine))


def _computed(catalog: Catalog, logic: Logic, example: Example, engine: Engine) -> Number:
    sources = [catalog.sources[name] for name in sorted({part.source.source for part in logic.measured() if part.source is not None})]
    relations = Relations({source.source: _relation(source, logic, example) for source in sources})
    periods = _month(sources, logic, example)
    statement = compile_facts(FactsRequest(periods, (), {logic.metric: logic}, (example.country,), relations))
    place = [column.name for column in statement.columns].index(logic.metric)
    rows = engine.rows(statement.sql)
    return None if not rows or rows[0][place] is None else _number(rows[0][place])


def _number(value: Any) -> int | float:
    return value if isinstance(value, int) else float(value)


def _month(sources: Iterable[Source], logic: Logic, example: Example) -> Periods:
    """The one month, by the clock of the example's country, that holds all its rows."""
    zone = ZoneInfo(logic.time_zones[example.country])
    found = {start_of(TimeGrain.MONTH, time.astimezone(zone).date()) for source in sources for time in _times(source, example)}
    if len(found) > 1:
        raise JobError(
            f"The rows of the example `{example.name}` lie in {len(found)} months of {example.country}.",
            hint="an example is one number: keep its rows within one month, or write two examples.",
        )
    first = found.pop() if found else start_of(TimeGrain.MONTH, TIMELESS.date())
    return Periods(TimeGrain.MONTH, first, next_start(TimeGrain.MONTH, first))


def _times(source: Source, example: Example) -> list[dt.datetime]:
    """When each row occurred; rows that do not say it, when the first row that does."""
    said = [row.get(source.event_time or "") for row in example.rows]
    given = [None if value is None else _instant(value, example) for value in said]
    fallback = next((time for time in given if time is not None), TIMELESS)
    return [time if time is not None else fallback for time in given]


def _instant(value: object, example: Example) -> dt.datetime:
    try:
        time = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise JobError(f"`{value}` in the example `{example.name}` is no time.", hint='write it as "2026-10-28T11:00:00Z".') from error
    return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)


def _relation(source: Source, logic: Logic, example: Example) -> str:
    """A FROM item that holds the rows, with the columns and types of the contract."""
    types = {name: column.type for name, column in source.columns.items()}
    rows = [
        _filled(source, row, number, time, example.country)
        for number, (row, time) in enumerate(zip(example.rows, _times(source, example), strict=True))
    ]
    selects = [f"SELECT {_row(types, row, example)}" for row in rows]
    selects = selects or [f"SELECT {_row(types, {}, example)} LIMIT 0"]
    return f"({' UNION ALL '.join(selects)})"


def _filled(source: Source, row: Mapping[str, Any], number: int, time: dt.datetime, country: str) -> dict[str, Any]:
    """A row with what every accepted event has: its key, when it occurred, and where."""
    filled = dict(row)
    for column in source.key:
        filled.setdefault(column, str(number))
    if source.event_time is not None:
        filled[source.event_time] = time.isoformat()
    if source.country is not None:
        filled.setdefault(source.country, country)
    return filled


def _row(types: Mapping[str, ColumnType], row: Mapping[str, Any], example: Example) -> str:
    return ", ".join(f"{_value(row.get(name), type_, example)} AS {quoted(name)}" for name, type_ in types.items())


def _value(value: Any, type_: ColumnType, example: Example) -> str:
    """A typed SQL literal; numbers are written as text and cast, so that no digit is lost."""
    if value is None:
        return f"CAST(NULL AS {SQL_TYPES[type_]})"
    fits = isinstance(value, int | float) and not isinstance(value, bool) if type_ in _NUMBERS else True
    if not fits or (type_ is ColumnType.INTEGER and value != int(value)):
        raise JobError(f"`{value}` in the example `{example.name}` does not fit its column.", hint=f"expected {_NUMBERS[type_]}.")
    text = value.isoformat() if isinstance(value, dt.datetime | dt.date) else str(value)
    return f"CAST({literal(text)} AS {SQL_TYPES[type_]})"


_NUMBERS = {ColumnType.INTEGER: "a whole number", ColumnType.DECIMAL: "a number", ColumnType.DOUBLE: "a number"}
