"""What differs between engines in the compiled statement, in one place; expressions are printed by `metrics_catalog.expression`.

DuckDB is the first engine. Another one implements `Dialect` and is held to the same oracle.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Sequence


class Dialect(Protocol):
    """SQL pieces of one engine. All arguments and results are SQL texts unless they say otherwise."""

    name: str

    def quoted(self, name: str) -> str:
        """A name as an identifier."""

    def string(self, value: str) -> str:
        """A text as a literal."""

    def type(self, kind: ColumnType) -> str:
        """The engine's type for a logical type."""

    def utc_clock(self, column: str) -> str:
        """What a UTC clock showed at a stored instant, as a value without zone."""

    def stored_instant(self, clock: str) -> str:
        """A value of a UTC clock back to a stored instant."""

    def instant(self, value: dt.datetime) -> str:
        """A literal that compares with a stored instant."""

    def micros(self, column: str) -> str:
        """A stored instant as microseconds since 1970."""

    def day_of(self, micros: str) -> str:
        """The day of a clock given in microseconds since 1970."""

    def period_number(self, grain: TimeGrain, first: dt.date, day: str) -> str:
        """The number of the period that holds a day, counted from the one that begins on `first`."""

    def period_start(self, grain: TimeGrain, first: dt.date, number: str) -> str:
        """The first day of a period, by its number."""

    def whole(self, dividend: str, divisor: int) -> str:
        """The whole part of a division of integers that are not negative."""

    def every_day(self, first: dt.date, end: dt.date) -> str:
        """A query of all days from `first` (inclusive) to `end` (exclusive), as the column `@day`."""

    def bits_type(self, width: int) -> str:
        """The smallest type that holds so many bits."""

    def exact_sum(self, value: str, condition: str) -> str:
        """The sum of doubles that does not depend on the order of rows; `condition` is empty, or ` FILTER (WHERE …)`."""

    def kept(self, name: str, query: str) -> str:
        """A common table that is computed once and read several times."""


class DuckDb:
    """DuckDB 2.0."""

    name = "duckdb"
    _TYPES = {  # noqa: RUF012  # never changed
        ColumnType.STRING: "VARCHAR",
        ColumnType.INTEGER: "BIGINT",
        ColumnType.DECIMAL: "DECIMAL(18, 6)",
        ColumnType.DOUBLE: "DOUBLE",
        ColumnType.BOOLEAN: "BOOLEAN",
        ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
        ColumnType.DATE: "DATE",
    }

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def string(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def type(self, kind: ColumnType) -> str:
        return self._TYPES[kind]

    def utc_clock(self, column: str) -> str:
        """Not a cast: a cast from a time stamp with time zone asks the time-zone library for every row."""
        return f"make_timestamp(epoch_us({column}))"

    def stored_instant(self, clock: str) -> str:
        return f"make_timestamptz(epoch_us({clock}))"

    def instant(self, value: dt.datetime) -> str:
        return f"TIMESTAMPTZ '{value.astimezone(dt.UTC).strftime('%Y-%m-%d %H:%M:%S.%f')}+00'"

    def micros(self, column: str) -> str:
        return f"epoch_us({column})"

    def day_of(self, micros: str) -> str:
        return f"CAST(make_timestamp({micros}) AS DATE)"

    def period_number(self, grain: TimeGrain, first: dt.date, day: str) -> str:
        if grain is TimeGrain.MONTH:
            return f"(year({day}) * 12 + month({day}) - {first.year * 12 + first.month})"
        days = f"({day} - DATE '{first}')"
        return f"{days} // 7" if grain is TimeGrain.WEEK else days

    def period_start(self, grain: TimeGrain, first: dt.date, number: str) -> str:
        if grain is TimeGrain.MONTH:
            return f"CAST(DATE '{first}' + to_months(CAST({number} AS INTEGER)) AS DATE)"
        return f"DATE '{first}' + CAST({number}{' * 7' if grain is TimeGrain.WEEK else ''} AS INTEGER)"

    def whole(self, dividend: str, divisor: int) -> str:
        return f"{dividend} // {divisor}"

    def every_day(self, first: dt.date, end: dt.date) -> str:
        return f"SELECT CAST(DATE '{first}' + CAST(range AS INTEGER) AS DATE) AS \"@day\" FROM range({(end - first).days})"

    def bits_type(self, width: int) -> str:
        return next(name for most, name in ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (63, "UBIGINT")) if width <= most)

    def exact_sum(self, value: str, condition: str) -> str:
        return f"fsum({value} ORDER BY {value}){condition}"

    def kept(self, name: str, query: str) -> str:
        return f"{name} AS MATERIALIZED (\n{query}\n)"


def values(rows: Sequence[str]) -> str:
    """A table of written rows, one a line."""
    return "VALUES\n    " + ",\n    ".join(f"({row})" for row in rows)
