"""The truth of a row condition on one row, worked out in plain Python: the reference that every compiler is tested against.

Values are what a row holds: None for NULL, int, float, Decimal, str, bool, date, and datetime (without an offset it is UTC).
The meaning is that of `metrics_catalog.expression`: three-valued logic, 64-bit integers that overflow with an error, `/` of
doubles that is NULL when the divisor is 0, text compared by code point.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from governance.access.predicate_functions import FUNCTIONS, in_64_bits, order, text_matches
from metrics_catalog.expression import nodes as n
from metrics_catalog.expression import type_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value = Any
"""A value of a row, or None."""


def is_true(condition: n.Node, row: Mapping[str, Value], types: Mapping[str, ColumnType]) -> bool:
    """Whether the condition is TRUE on the row; FALSE and NULL are not. Raises ValueError where the value overflows."""
    return _Row(row, types).value(condition) is True


class _Row:
    """One row under evaluation."""

    def __init__(self, row: Mapping[str, Value], types: Mapping[str, ColumnType]) -> None:
        self._row, self._types = row, types

    @singledispatchmethod
    def value(self, node: n.Node) -> Value:
        raise TypeError(type(node).__name__)

    @value.register
    def _column(self, node: n.Column) -> Value:
        found = self._row[node.name]
        if isinstance(found, dt.datetime) and found.tzinfo is not None:
            return found.astimezone(dt.UTC).replace(tzinfo=None)
        return found

    @value.register(n.Integer)
    @value.register(n.Double)
    @value.register(n.String)
    @value.register(n.Boolean)
    @value.register(n.Date)
    @value.register(n.Timestamp)
    def _literal(self, node: Any) -> Value:
        return node.value

    @value.register
    def _null(self, node: n.Null) -> Value:
        return None

    @value.register
    def _arithmetic(self, node: n.Arithmetic) -> Value:
        if isinstance(node.right, n.Interval):
            return self._moved(node, node.right)
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        if node.op == "/":
            return None if right == 0 else float(left) / float(right)
        if isinstance(left, int) and isinstance(right, int):
            return _integers(node.op, left, right)
        return _doubles(node.op, float(left), float(right))

    def _moved(self, node: n.Arithmetic, interval: n.Interval) -> Value:
        start = self.value(node.left)
        if start is None:
            return None
        length = dt.timedelta(**{f"{interval.unit.lower()}s": interval.count})
        return start + length if node.op == "+" else start - length

    @value.register
    def _negative(self, node: n.Negative) -> Value:
        operand = self.value(node.operand)
        if operand is None:
            return None
        return in_64_bits(-operand) if isinstance(operand, int) else -operand

    @value.register
    def _comparison(self, node: n.Comparison) -> Value:
        return _compared(node.op, self.value(node.left), self.value(node.right))

    @value.register
    def _logical(self, node: n.Logical) -> Value:
        found = [self.value(operand) for operand in node.operands]
        return _all(found) if node.op == "AND" else _any(found)

    @value.register
    def _not(self, node: n.Not) -> Value:
        return _negated(self.value(node.operand), True)

    @value.register
    def _is_null(self, node: n.IsNull) -> Value:
        return (self.value(node.operand) is None) is not node.negated

    @value.register
    def _in(self, node: n.In) -> Value:
        operand = self.value(node.operand)
        return _negated(_any([_compared("=", operand, self.value(value)) for value in node.values]), node.negated)

    @value.register
    def _between(self, node: n.Between) -> Value:
        operand, low, high = (self.value(part) for part in (node.operand, node.low, node.high))
        return _negated(_all([_compared("<=", low, operand), _compared("<=", operand, high)]), node.negated)

    @value.register
    def _like(self, node: n.Like) -> Value:
        operand = self.value(node.operand)
        return None if operand is None else _negated(text_matches(operand, node.pattern), node.negated)

    @value.register
    def _case(self, node: n.Case) -> Value:
        chosen = next((value for condition, value in node.branches if self.value(condition) is True), node.otherwise)
        return self._as_type_of(node, self.value(chosen))

    @value.register
    def _call(self, node: n.Call) -> Value:
        return self._as_type_of(node, FUNCTIONS[node.name]([self.value(arg) for arg in node.args]))

    @value.register
    def _concat(self, node: n.Concat) -> Value:
        parts = [self.value(operand) for operand in node.operands]
        return None if None in parts else "".join(parts)

    @value.register
    def _extract(self, node: n.Extract) -> Value:
        operand = self.value(node.operand)
        return None if operand is None else _part(node.part, operand)

    @value.register
    def _cast(self, node: n.Cast) -> Value:
        operand = self.value(node.operand)
        return None if operand is None else _cast_to(node.type, operand)

    def _as_type_of(self, node: n.Node, value: Value) -> Value:
        """A chosen number in the type of the whole: an integer beside a double is a double."""
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and type_of(node, self._types) is ColumnType.DOUBLE:
            return float(value)
        return value


def _integers(op: str, left: int, right: int) -> int | None:
    if op == "%":
        return None if right == 0 else (-1 if left < 0 else 1) * (abs(left) % abs(right))
    return in_64_bits(left + right if op == "+" else left - right if op == "-" else left * right)


def _doubles(op: str, left: float, right: float) -> float | None:
    if op == "%":
        if right == 0:
            return None
        return math.fmod(left, right) if math.isfinite(left) and not math.isnan(right) else math.nan
    return left + right if op == "+" else left - right if op == "-" else left * right


def _compared(op: str, left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        left, right = order(float(left)), order(float(right))
    answers = {"=": left == right, "<>": left != right}
    if op in answers:
        return bool(answers[op])
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op])


def _all(found: Iterable[bool | None]) -> bool | None:
    values = list(found)
    return False if False in values else None if None in values else True


def _any(found: Iterable[bool | None]) -> bool | None:
    values = list(found)
    return True if True in values else None if None in values else False


def _negated(found: bool | None, negated: bool) -> bool | None:
    return None if found is None else found is not negated


def _part(part: str, value: Any) -> Value:
    match part:
        case "QUARTER":
            return (value.month + 2) // 3
        case "ISODOW":
            return value.isoweekday()
        case "EPOCH":
            return (value.replace(tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(seconds=1)
    return getattr(value, part.lower())


def _cast_to(target: ColumnType, value: Value) -> Value:
    match target:
        case ColumnType.INTEGER:
            return in_64_bits(math.trunc(value))
        case ColumnType.DOUBLE:
            return float(value)
        case ColumnType.STRING:
            return str(value)
        case ColumnType.DATE:
            return value.date() if isinstance(value, dt.datetime) else value
    return value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
