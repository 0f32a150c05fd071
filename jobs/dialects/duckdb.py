"""DuckDB's SQL, the embedded engine's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from jobs.dialects import quoted
from metrics_catalog.source import ColumnType
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SQL_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18,6)",
    ColumnType.DOUBLE: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    ColumnType.DATE: "DATE",
}


class DuckDbSql:
    """DuckDB 2.0."""

    name = "duckdb"
    reads_anew = False

    def quoted(self, name: str) -> str:
        return quoted(name)

    def string(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def type(self, kind: ColumnType) -> str:
        return SQL_TYPES[kind]

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

    def json_object(self, fields: Sequence[tuple[str, str]]) -> str:
        pairs = ", ".join(f"{self.string(name)}, {value}" for name, value in fields)
        return f"CAST(json_object({pairs}) AS VARCHAR)"

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def joined(self, text: str, order: str) -> str:
        return f"string_agg({text}, '' ORDER BY {order})"

    def each(self, rows: Sequence[Mapping[str, str]]) -> str:
        records = ", ".join("{" + ", ".join(f"{name}: {value}" for name, value in row.items()) + "}" for row in rows)
        return f"unnest([{records}])"

    def local_day(self, zone: str, micros: str) -> str:
        return f"CAST(timezone({zone}, make_timestamptz({micros})) AS DATE)"

    def time_literal(self, value: dt.datetime) -> str:
        return f"TIMESTAMPTZ '{value.astimezone(dt.UTC).isoformat()}'"

    def pair_in(self, left: str, right: str, pairs: Sequence[tuple[str, str]]) -> str:
        """Not a list: DuckDB joins a table of values, and compares a list one by one."""
        return f"({left}, {right}) IN (VALUES {', '.join(f'({one}, {other})' for one, other in pairs)})"


DUCKDB = DuckDbSql()
