"""Spark SQL's SQL, for Spark 4.1 in ANSI mode with names in double quotes (`jobs/engines/spark` sets both)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SQL_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "STRING",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18,6)",
    ColumnType.DOUBLE: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.DATE: "DATE",
}

DAY = 24 * 60 * 60 * 1_000_000
"""Microseconds of a day."""


class SparkSql:
    """Spark SQL."""

    name = "spark"
    reads_anew = True

    def quoted(self, name: str) -> str:
        return quoted(name)

    def string(self, value: str) -> str:
        """Spark reads a backslash in a literal as an escape."""
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    def type(self, kind: ColumnType) -> str:
        return SQL_TYPES[kind]

    def utc_clock(self, column: str) -> str:
        return f"CAST({column} AS TIMESTAMP_NTZ)"

    def stored_instant(self, clock: str) -> str:
        return f"CAST({clock} AS TIMESTAMP)"

    def instant(self, value: dt.datetime) -> str:
        return self.time_literal(value)

    def micros(self, column: str) -> str:
        return f"unix_micros({column})"

    def day_of(self, micros: str) -> str:
        """By whole numbers: a date made from an instant asks the session's time zone for each row."""
        return f"date_from_unix_date(CAST((({micros}) - pmod({micros}, {DAY})) DIV {DAY} AS INT))"

    def period_number(self, grain: TimeGrain, first: dt.date, day: str) -> str:
        if grain is TimeGrain.MONTH:
            return f"(year({day}) * 12 + month({day}) - {first.year * 12 + first.month})"
        days = f"datediff({day}, DATE '{first}')"
        return f"({days} DIV 7)" if grain is TimeGrain.WEEK else days

    def period_start(self, grain: TimeGrain, first: dt.date, number: str) -> str:
        if grain is TimeGrain.MONTH:
            return f"add_months(DATE '{first}', CAST({number} AS INT))"
        return f"date_add(DATE '{first}', CAST({number}{' * 7' if grain is TimeGrain.WEEK else ''} AS INT))"

    def whole(self, dividend: str, divisor: int) -> str:
        return f"({dividend} DIV {divisor})"

    def every_day(self, first: dt.date, end: dt.date) -> str:
        return f"SELECT date_add(DATE '{first}', CAST(id AS INT)) AS \"@day\" FROM range({(end - first).days})"

    def bits_type(self, width: int) -> str:
        return "INT" if width <= 31 else "BIGINT"

    def exact_sum(self, value: str, condition: str) -> str:
        """Summed as decimals of 18 places, which no order can change; as doubles where a value is too large or too small for that."""
        decimal = f"try_cast({value} AS DECIMAL(38, 18))"
        fits = f"count({value}){condition} = count({decimal}){condition} AND coalesce(min(nullif(abs({value}), 0)){condition}, 1) >= 1e-8"
        exact = f"CAST(try_sum({decimal}){condition} AS DOUBLE)"
        return f"CASE WHEN {fits} THEN coalesce({exact}, sum({value}){condition}) ELSE sum({value}){condition} END"

    def kept(self, name: str, query: str) -> str:
        """Spark reads a common table anew for each reader; its columns are pruned for each, see ADR 12."""
        return f"{name} AS (\n{query}\n)"

    def json_object(self, fields: Sequence[tuple[str, str]]) -> str:
        pairs = ", ".join(f"{self.string(name)}, {value}" for name, value in fields)
        return f"to_json(named_struct({pairs}), map('ignoreNullFields', 'false'))"

    def sha256(self, text: str) -> str:
        return f"sha2({text}, 256)"

    def joined(self, text: str, order: str) -> str:
        return f"listagg({text}, '') WITHIN GROUP (ORDER BY {order})"

    def each(self, rows: Sequence[Mapping[str, str]]) -> str:
        records = ", ".join(
            "named_struct(" + ", ".join(f"{self.string(name)}, {value}" for name, value in row.items()) + ")" for row in rows
        )
        return f"explode(array({records}))"

    def local_day(self, zone: str, micros: str) -> str:
        return f"CAST(from_utc_timestamp(timestamp_micros({micros}), {zone}) AS DATE)"

    def time_literal(self, value: dt.datetime) -> str:
        return f"TIMESTAMP '{value.astimezone(dt.UTC).isoformat(sep=' ')}'"

    def pair_in(self, left: str, right: str, pairs: Sequence[tuple[str, str]]) -> str:
        """Not a query: Spark takes no query inside a larger condition that is negated."""
        return f"({left}, {right}) IN ({', '.join(f'({one}, {other})' for one, other in pairs)})"


SPARK = SparkSql()
