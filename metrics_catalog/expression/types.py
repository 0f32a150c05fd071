"""The type of an expression, and the refusal of operands that do not fit; nothing is cast silently.

Numbers (integer, decimal, double) mix; everything else meets only its own type. A decimal stays exact while it is only
chosen or compared; arithmetic makes a double of it, because engines disagree on the digits of a product or quotient.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.errors import ALWAYS_NULL, OUTSIDE, UNKNOWN_COLUMN, WRONG_TYPE, ExpressionError
from metrics_catalog.expression.functions import DATE_PARTS
from metrics_catalog.finding import did_you_mean
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Types = Mapping[str, ColumnType]

INTEGER, DECIMAL, DOUBLE = ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE
STRING, BOOLEAN, DATE, TIMESTAMP = ColumnType.STRING, ColumnType.BOOLEAN, ColumnType.DATE, ColumnType.TIMESTAMP
NUMBERS = frozenset({INTEGER, DECIMAL, DOUBLE})
_CASTS: dict[ColumnType, frozenset[ColumnType]] = {
    INTEGER: frozenset({INTEGER, DECIMAL, DOUBLE}),
    DOUBLE: NUMBERS,
    STRING: frozenset({STRING, INTEGER}),
    DATE: frozenset({DATE, TIMESTAMP}),
    TIMESTAMP: frozenset({DATE, TIMESTAMP}),
}
_WORDS = {
    INTEGER: "an integer",
    DECIMAL: "a decimal",
    DOUBLE: "a double",
    STRING: "a string",
    BOOLEAN: "a condition",
    DATE: "a date",
    TIMESTAMP: "a time stamp",
}


def type_of(node: n.Node, types: Types) -> ColumnType:
    """The type of a node given those of the columns; raises ExpressionError for unknown columns and misfits."""
    found = _type(node, types)
    if found is None:
        raise ExpressionError("The expression is always NULL.", "Give it a value.", n.position_of(node), ALWAYS_NULL)
    return found


def _misfit(node: n.Node, what: str, hint: str = "") -> ExpressionError:
    return ExpressionError(what, hint, n.position_of(node), WRONG_TYPE)


def _need(node: n.Node, types: Types, allowed: Iterable[ColumnType], user: str) -> ColumnType | None:
    """The type of an operand, which must be one of `allowed` (NULL fits everywhere)."""
    found = _type(node, types)
    wanted = frozenset(allowed)
    if found is not None and found not in wanted:
        words = "a number" if wanted == NUMBERS else " or ".join(sorted(_WORDS[one] for one in wanted))
        raise _misfit(node, f"{user} needs {words}, but {shown(node)} is {_WORDS[found]}.")
    return found


def _together(parts: Iterable[n.Node], types: Types, user: str) -> ColumnType | None:
    """The one type in which all parts can stand side by side."""
    result: ColumnType | None = None
    for part in parts:
        found = _type(part, types)
        if found is None or found == result:
            continue
        if result is None:
            result = found
        elif {result, found} <= NUMBERS:
            result = DOUBLE if DOUBLE in (result, found) else DECIMAL
        else:
            hint = "Write the values in one type; nothing is cast silently."
            raise _misfit(part, f"{user}: {_WORDS[result]} cannot stand beside {_WORDS[found]} ({shown(part)}).", hint)
    return result


def shown(node: n.Node) -> str:
    """A node as a person would recognise it, cut to a short length."""
    from metrics_catalog.expression.printing import canonical

    text = canonical(node)
    return f"`{text if len(text) <= 50 else text[:49] + '…'}`"


@singledispatch
def _type(node: n.Node, types: Types) -> ColumnType | None:
    raise TypeError(type(node).__name__)


@_type.register(n.Column)
def _column(node: n.Column, types: Types) -> ColumnType | None:
    if node.name not in types:
        hint = did_you_mean(node.name, types) or (f"known: {', '.join(sorted(types)[:20])}" if types else "")
        raise ExpressionError(f"The column `{node.name}` is not known.", hint[:1].upper() + hint[1:], node.position, UNKNOWN_COLUMN)
    return types[node.name]


@_type.register(n.Integer)
@_type.register(n.Double)
@_type.register(n.String)
@_type.register(n.Boolean)
@_type.register(n.Null)
@_type.register(n.Date)
@_type.register(n.Timestamp)
def _literal(node: n.Node, types: Types) -> ColumnType | None:
    return _LITERALS[type(node)]


_LITERALS: dict[type[n.Node], ColumnType | None] = {
    n.Integer: INTEGER,
    n.Double: DOUBLE,
    n.String: STRING,
    n.Boolean: BOOLEAN,
    n.Null: None,
    n.Date: DATE,
    n.Timestamp: TIMESTAMP,
}


@_type.register(n.Interval)
def _interval(node: n.Interval, types: Types) -> ColumnType | None:
    raise _misfit(node, "An interval stands only after + or - and a time stamp.", "Write occurred_at + INTERVAL '1' HOUR.")


@_type.register(n.Arithmetic)
def _arithmetic(node: n.Arithmetic, types: Types) -> ColumnType | None:
    if isinstance(node.right, n.Interval) and node.op in ("+", "-"):
        return _need(node.left, types, {TIMESTAMP}, f"`{node.op}` with an interval")
    left, right = (_type(side, types) for side in (node.left, node.right))
    if left is TIMESTAMP and right is TIMESTAMP:
        raise _misfit(
            node, "Time stamps cannot be subtracted.", "Write EXTRACT(EPOCH FROM later) - EXTRACT(EPOCH FROM earlier) for seconds."
        )
    for side in (node.left, node.right):
        _need(side, types, NUMBERS, f"`{node.op}`")
    if node.op == "/":
        return DOUBLE
    if left is None and right is None:
        return None
    return INTEGER if {left, right} <= {INTEGER, None} else DOUBLE


@_type.register(n.Negative)
def _negative(node: n.Negative, types: Types) -> ColumnType | None:
    return _need(node.operand, types, NUMBERS, "`-`")


@_type.register(n.Comparison)
def _comparison(node: n.Comparison, types: Types) -> ColumnType | None:
    found = _together((node.left, node.right), types, f"`{node.op}`")
    if found is BOOLEAN and node.op not in ("=", "<>"):
        raise _misfit(node, f"Conditions cannot be compared with `{node.op}`.")
    return BOOLEAN


@_type.register(n.Logical)
@_type.register(n.Not)
def _logical(node: n.Logical | n.Not, types: Types) -> ColumnType | None:
    for operand in node.children():
        _need(operand, types, {BOOLEAN}, node.op if isinstance(node, n.Logical) else "NOT")
    return BOOLEAN


@_type.register(n.IsNull)
def _is_null(node: n.IsNull, types: Types) -> ColumnType | None:
    _type(node.operand, types)
    return BOOLEAN


@_type.register(n.In)
@_type.register(n.Between)
def _ranges(node: n.In | n.Between, types: Types) -> ColumnType | None:
    _together(node.children(), types, "IN" if isinstance(node, n.In) else "BETWEEN")
    return BOOLEAN


@_type.register(n.Like)
def _like(node: n.Like, types: Types) -> ColumnType | None:
    _need(node.operand, types, {STRING}, "LIKE")
    return BOOLEAN


@_type.register(n.Case)
def _case(node: n.Case, types: Types) -> ColumnType | None:
    for condition, _ in node.branches:
        _need(condition, types, {BOOLEAN}, "WHEN")
    return _together((*(value for _, value in node.branches), node.otherwise), types, "CASE")


@_type.register(n.Call)
def _call(node: n.Call, types: Types) -> ColumnType | None:
    match node.name:
        case "COALESCE" | "LEAST" | "GREATEST":
            return _together(node.args, types, node.name)
        case "NULLIF":
            _together(node.args, types, node.name)
            return _type(node.args[0], types)
        case "ABS":
            return _need(node.args[0], types, NUMBERS, node.name)
        case "ROUND" | "FLOOR" | "CEIL":
            _need(node.args[0], types, NUMBERS, node.name)
            return DOUBLE
        case "LOWER" | "UPPER" | "SUBSTRING":
            _need(node.args[0], types, {STRING}, node.name)
            return STRING
        case "LENGTH":
            _need(node.args[0], types, {STRING}, node.name)
            return INTEGER
    raise ExpressionError(f"{node.name} is not known.", "", n.position_of(node), OUTSIDE)


@_type.register(n.Concat)
def _concat(node: n.Concat, types: Types) -> ColumnType | None:
    for operand in node.operands:
        _need(operand, types, {STRING}, "`||`")
    return STRING


@_type.register(n.Extract)
def _extract(node: n.Extract, types: Types) -> ColumnType | None:
    allowed = {TIMESTAMP, DATE} if node.part in DATE_PARTS else {TIMESTAMP}
    _need(node.operand, types, allowed, f"EXTRACT({node.part} FROM …)")
    return DOUBLE if node.part == "EPOCH" else INTEGER


@_type.register(n.Cast)
def _cast(node: n.Cast, types: Types) -> ColumnType | None:
    found = _type(node.operand, types)
    if found is not None and found not in _CASTS[node.type]:
        raise _misfit(node, f"{shown(node.operand)} is {_WORDS[found]}; engines disagree on how to cast it to {_WORDS[node.type]}.")
    return node.type
