"""Written values with a small change: a number one unit of its last digit more or less, a day or a second later or earlier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from metrics_catalog.expression import nodes as n

_LARGEST = 2**63 - 1


def neighbours(node: n.Node) -> Iterator[n.Node]:
    """The value next above a written one, then the one next below; nothing for texts, which have no order of their own."""
    match node:
        case n.Integer(value):
            yield from (n.Integer(near) for near in (value + 1, value - 1) if -_LARGEST <= near <= _LARGEST)
        case n.Double(value):
            unit = last_digit(value)
            yield from (
                n.Double(near) for near in (float(Decimal(repr(value)) + unit), float(Decimal(repr(value)) - unit)) if near != value
            )
        case n.Boolean(value):
            yield n.Boolean(not value)
        case n.Date(value):
            yield from (n.Date(value + dt.timedelta(days=step)) for step in (1, -1) if dt.date.min < value < dt.date.max)
        case n.Timestamp(value):
            yield from (n.Timestamp(value + dt.timedelta(seconds=step)) for step in (1, -1) if dt.date.min < value.date() < dt.date.max)
        case n.Interval(count):
            yield replace(node, count=count + 1)
            if count:
                yield replace(node, count=count - 1)


def last_digit(value: float) -> Decimal:
    """One unit of the last digit that is not a trailing zero: 0.1 of 0.9, 100 of 3600."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
