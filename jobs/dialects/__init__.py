"""What differs between engines in SQL, in one place: the port that every statement of `jobs` is written against.

`duckdb.py` and `spark.py` implement it and are held to the same oracle; expressions of metrics are printed by
`metrics_catalog.expression`. All engines take names in double quotes, and their clocks show UTC.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metrics_catalog.source import ColumnType
    from metrics_catalog.view import TimeGrain


class Dialect(Protocol):
    """SQL pieces of one engine. All arguments and results are SQL texts unless they say otherwise."""

    name: str

    reads_anew: bool
    """Whether the engine computes a common table anew for each step that reads it, and only the columns that the step needs."""

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

    def json_object(self, fields: Sequence[tuple[str, str]]) -> str:
        """A JSON text of named values in the given order; NULL is written as `null`."""

    def sha256(self, text: str) -> str:
        """The SHA-256 of a text as hex digits."""

    def joined(self, text: str, order: str) -> str:
        """All texts of a group in one, in order, with nothing between them."""

    def each(self, rows: Sequence[Mapping[str, str]]) -> str:
        """One output row for each of several records, as one column."""

    def local_day(self, zone: str, micros: str) -> str:
        """The day that the clock of a named zone showed at an instant in microseconds since 1970, by the engine's own zone data."""

    def time_literal(self, value: dt.datetime) -> str:
        """An instant as a stored instant."""

    def pair_in(self, left: str, right: str, pairs: Sequence[tuple[str, str]]) -> str:
        """Whether two values are one of the pairs, which are written as literals."""


def quoted(name: str) -> str:
    """An identifier, quoted, on every engine."""
    return '"' + name.replace('"', '""') + '"'


def literal(dialect: Dialect, value: object) -> str:
    """A value as SQL; mappings and sequences become canonical JSON texts."""
    if value is None:
        return "NULL"
    if isinstance(value, dt.datetime):
        return dialect.time_literal(value)
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return dialect.string(value if isinstance(value, str) else _canonical(value))


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def values(rows: Sequence[str]) -> str:
    """A table of written rows, one a line."""
    return "VALUES\n    " + ",\n    ".join(f"({row})" for row in rows)
