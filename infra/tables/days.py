"""Days as an Iceberg filter, so that metadata about other days stays closed. Used by `listing.py`."""

from __future__ import annotations

from collections.abc import Iterable

from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThan, Or, Reference
from pyiceberg.expressions.literals import DateLiteral, Literal, TimestampLiteral
from pyiceberg.schema import Schema
from pyiceberg.types import DateType, TimestamptzType

from infra.tables.data_files import EPOCH
from jobs.table import Days

DAY_MICROS = 86_400_000_000


def rows_on(on: Days, schema: Schema) -> BooleanExpression:
    """Rows of these UTC days; all rows where the table has no such column, or one without days."""
    kind = next((field.field_type for field in schema.fields if field.name == on.column), None)
    if not isinstance(kind, DateType | TimestamptzType):
        return AlwaysTrue()
    begin = DateLiteral if isinstance(kind, DateType) else _midnight
    found = [
        And(GreaterThanOrEqual(term=Reference(on.column), value=begin(first)), LessThan(term=Reference(on.column), value=begin(end)))
        for first, end in _stretches((day - EPOCH).days for day in on.days)
    ]
    return Or(AlwaysFalse(), AlwaysFalse(), *found)


def _midnight(day: int) -> Literal[int]:
    """The instant at which a UTC day begins."""
    return TimestampLiteral(day * DAY_MICROS)


def _stretches(days: Iterable[int]) -> list[tuple[int, int]]:
    """Days from 1970 that follow each other, as their first and the day after their last."""
    found: list[tuple[int, int]] = []
    for day in sorted(days):
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + 1)
        else:
            found.append((day, day + 1))
    return found
