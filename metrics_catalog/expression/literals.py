"""Written values: numbers, days, instants and intervals, and the refusal of those that do not fit."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import cast

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.errors import BAD_LITERAL, ExpressionError
from metrics_catalog.source import ColumnType

_INTERVAL_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?", re.ASCII)


def number(text: str, position: int, *, negative: bool = False) -> n.Integer | n.Double:
    """A whole number of 64 bits, or with a point or exponent a double."""
    if not text.isdigit():
        return _double(text, position, negative=negative)
    value = -int(text) if negative else int(text)
    if not -(2**63) <= value < 2**63:
        raise ExpressionError(f"{value} does not fit into 64 bits.", "Write it with a point to get a double.", position, BAD_LITERAL)
    return n.Integer(value)


def _double(text: str, position: int, *, negative: bool) -> n.Double:
    value = float(text)
    if math.isinf(value):
        raise ExpressionError(f"{text} is too large for a double.", "", position, BAD_LITERAL)
    return n.Double(-value if negative else value)


def moment(text: str, target: ColumnType, position: int) -> n.Date | n.Timestamp:
    """A day or an instant (UTC) from its text."""
    try:
        if target is ColumnType.DATE and _DAY.fullmatch(text):
            return n.Date(dt.date.fromisoformat(text))
        if target is ColumnType.TIMESTAMP and _INSTANT.fullmatch(text):
            return n.Timestamp(dt.datetime.fromisoformat(_six_digits(text)))
    except ValueError as error:
        raise _no_moment(text, target, position) from error
    raise _no_moment(text, target, position)


def _no_moment(text: str, target: ColumnType, position: int) -> ExpressionError:
    kind, shape = ("date", "2026-01-31") if target is ColumnType.DATE else ("time stamp", "2026-01-31 23:59:59")
    return ExpressionError(f"'{text}' is not a {kind}.", f"Write '{shape}'; times are UTC.", position, BAD_LITERAL)


def _six_digits(text: str) -> str:
    head, point, fraction = text.partition(".")
    return f"{head}.{fraction:0<6}" if point else head


def interval(count: str, unit: str, position: int) -> n.Interval:
    """An interval of fixed length; the unit in the singular or plural."""
    name = unit.upper().removesuffix("S")
    if not re.fullmatch(r"[0-9]{1,9}", count) or name not in _INTERVAL_UNITS:
        shown = f"INTERVAL '{count}' {unit}".strip()
        message = f"`{shown}` is not an interval of fixed length."
        raise ExpressionError(message, "Write INTERVAL '1' HOUR; units are SECOND, MINUTE, HOUR and DAY.", position, BAD_LITERAL)
    return n.Interval(int(count), cast("n.IntervalUnit", name))
