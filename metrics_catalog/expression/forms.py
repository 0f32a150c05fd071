"""One form for what can be written in several ways; used by the grammar while it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.errors import ALWAYS_NULL, ExpressionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIRRORED: dict[n.ComparisonOp, n.ComparisonOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compared(op: n.ComparisonOp, left: n.Node, right: n.Node, position: int) -> n.Node:
    """A comparison with the constant on the right."""
    if isinstance(left, n.Null) or isinstance(right, n.Null):
        raise ExpressionError("A comparison with NULL is never true.", "Write IS NULL or IS NOT NULL.", position, ALWAYS_NULL)
    if _is_constant(left) and not _is_constant(right):
        left, right, op = right, left, _MIRRORED[op]
    return n.Comparison(op, left, right)


def _is_constant(node: n.Node) -> bool:
    return not any(isinstance(part, n.Column) for part in n.walk(node))


def negated(node: n.Node) -> n.Node:
    """NOT of a condition, inside it where it has a negated form."""
    match node:
        case n.Not():
            return node.operand
        case n.IsNull():
            return n.IsNull(node.operand, not node.negated)
        case n.In():
            return n.In(node.operand, node.values, not node.negated)
        case n.Between():
            return n.Between(node.operand, node.low, node.high, not node.negated)
        case n.Like():
            return n.Like(node.operand, node.pattern, not node.negated)
    return n.Not(node)


def concatenated(parts: Sequence[n.Node]) -> n.Node:
    """Texts side by side, flat."""
    return n.Concat(tuple(inner for part in parts for inner in (part.operands if isinstance(part, n.Concat) else (part,))))
