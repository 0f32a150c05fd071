"""Days as an Iceberg filter, so that metadata about other days stays closed. Used by `listing.py`."""

from __future__ import annotations

import datetime as dt

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
    begin, column = DateLiteral if isinstance(kind, DateType) else _midnight, Reference(on.column)
    found = [
        And(GreaterThanOrEqual(term=column, value=begin(_number(first))), LessThan(term=column, value=begin(_number(last) + 1)))
        for first, last in on.stretches
    ]
    return Or(AlwaysFalse(), AlwaysFalse(), *found)


def _number(day: dt.date) -> int:
    """Iceberg's number of a day."""
    return (day - EPOCH).days


def _midnight(day: int) -> Literal[int]:
    """The instant at which a UTC day begins."""
    return TimestampLiteral(day * DAY_MICROS)
