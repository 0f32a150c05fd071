"""Row conditions as expressions of Iceberg's REST catalog, and the refusal of what these cannot say.

Iceberg knows columns, literals, comparisons, `in`, NULL tests, `starts-with`, `and`, `or` and `not`, without a third truth value:
there `not (a = 1)` holds where a is NULL. So a condition is written out as what makes it TRUE, each comparison beside `not-null`,
and what it is FALSE on where a NOT stands before it; NULL is in neither.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from metrics_catalog.expression import canonical
from metrics_catalog.expression import nodes as n
from metrics_catalog.source import ColumnType

Expression = dict[str, Any] | bool
_NAMES = {"=": "eq", "<>": "not-eq", "<": "lt", "<=": "lt-eq", ">": "gt", ">=": "gt-eq"}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_LARGEST_EXACT = 2**53
"""Beyond it not every whole number is a double."""


class NotExpressibleError(ValueError):
    """What the target cannot be told, as a phrase."""


def any_true(conditions: Iterable[n.Node], types: Mapping[str, ColumnType]) -> Expression:
    """TRUE where one of the conditions is TRUE. Raises NotExpressibleError."""
    return _joined("or", [_holds(node, types, True) for node in conditions])


def _holds(node: n.Node, types: Mapping[str, ColumnType], wanted: bool) -> Expression:
    """Where the condition is TRUE, or where it is FALSE."""
    match node:
        case n.Boolean():
            return node.value is wanted
        case n.Null():
            return False
        case n.Column():
            return _known(node, {"type": "eq", "term": node.name, "value": wanted})
        case n.Not():
            return _holds(node.operand, types, not wanted)
        case n.Logical():
            kind = "and" if (node.op == "AND") is wanted else "or"
            return _joined(kind, [_holds(operand, types, wanted) for operand in node.operands])
        case n.IsNull(operand=n.Column() as column):
            return {"type": "is-null" if node.negated is not wanted else "not-null", "term": column.name}
        case n.Comparison():
            return _compared(node, types, wanted)
        case n.In(operand=n.Column() as column) if all(
            isinstance(each, n.String | n.Integer | n.Date | n.Timestamp) for each in node.values
        ):
            kind = "in" if node.negated is not wanted else "not-in"
            values = [_value(column, each, types) for each in node.values]
            return _known(column, {"type": kind, "term": column.name, "values": values})
        case n.Between():
            both = n.Logical("AND", (n.Comparison(">=", node.operand, node.low), n.Comparison("<=", node.operand, node.high)))
            return _holds(both, types, wanted is not node.negated)
        case n.Like(operand=n.Column() as column) if node.pattern.endswith("%") and not set(node.pattern[:-1]) & {"%", "_"}:
            kind = "starts-with" if node.negated is not wanted else "not-starts-with"
            return _known(column, {"type": kind, "term": column.name, "value": node.pattern[:-1]})
    raise NotExpressibleError(f"`{canonical(node)}` is no comparison of one column with written values")


def _compared(node: n.Comparison, types: Mapping[str, ColumnType], wanted: bool) -> Expression:
    op, column, literal = node.op, node.left, node.right
    if not isinstance(column, n.Column):
        column, literal = literal, column
        op = _FLIPPED.get(op, op)  # type: ignore[assignment]  # each is an operator
    if not isinstance(column, n.Column) or isinstance(literal, n.Column):
        raise NotExpressibleError(f"`{canonical(node)}` is no comparison of one column with a written value")
    if isinstance(literal, n.Null):
        return False
    kind = _NAMES[op if wanted else _OPPOSITE[op]]
    return _known(column, {"type": kind, "term": column.name, "value": _value(column, literal, types)})


def _value(column: n.Column, literal: n.Node, types: Mapping[str, ColumnType]) -> Any:
    """A literal as JSON, in the type of the column."""
    kind = types[column.name]
    match literal:
        case n.String() | n.Boolean():
            return literal.value
        case n.Date():
            return literal.value.isoformat()
        case n.Timestamp():
            return literal.value.replace(tzinfo=dt.UTC).isoformat(timespec="microseconds")
        case n.Integer() if kind is ColumnType.INTEGER:
            return literal.value
        case n.Integer() if kind is ColumnType.DECIMAL and abs(literal.value) < 10**12:
            return f"{literal.value}.000000"
        case n.Integer() | n.Double() if kind is ColumnType.DOUBLE and 0 < abs(literal.value) <= _LARGEST_EXACT:
            return float(literal.value)
    shown = canonical(literal)
    if kind is ColumnType.DOUBLE:
        raise NotExpressibleError(f"`{column.name}` is compared with `{shown}`, where Iceberg tells 0.0 from -0.0 and SQL does not")
    raise NotExpressibleError(f"`{column.name}`, of type {kind}, is compared with `{shown}`, which is no written value of that type")


def _known(column: n.Column, expression: dict[str, Any]) -> Expression:
    return {"type": "and", "left": {"type": "not-null", "term": column.name}, "right": expression}


def _joined(kind: str, parts: list[Expression]) -> Expression:
    """`and` or `or` of all parts, which Iceberg takes two by two; truth values are worked out."""
    absorbing = kind == "or"
    if absorbing in [each for each in parts if isinstance(each, bool)]:
        return absorbing
    left = [each for each in parts if not isinstance(each, bool)]
    if not left:
        return not absorbing
    joined = left[0]
    for each in left[1:]:
        joined = {"type": kind, "left": joined, "right": each}
    return joined
