"""One form for expressions that mean the same: order of operands, brackets, mirrored comparisons and double negation aside.

Only for comparing. What is signed and what is computed is the text as canonicalised in `expression.printing`, which keeps the
order of operands: sums of doubles in another order may differ in the last digit, and nobody calls that another metric.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from metrics_catalog.expression import canonical
from metrics_catalog.expression import nodes as n

if TYPE_CHECKING:
    from collections.abc import Iterable

_TURNED: dict[n.ComparisonOp, n.ComparisonOp] = {">": "<", ">=": "<="}
_INVERSE: dict[n.ComparisonOp, n.ComparisonOp] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_OTHER: dict[n.LogicalOp, n.LogicalOp] = {"AND": "OR", "OR": "AND"}


@lru_cache(maxsize=65_536)
def normal(node: n.Node) -> n.Node:
    """The normal form; equal for nodes that mean the same by the rules above, never for others."""
    inner = _inside(node)
    match inner:
        case n.Arithmetic(op="+") | n.Arithmetic(op="*"):
            return _chain(inner)
        case n.Arithmetic(op="/"):
            return replace(inner, left=_double(inner.left), right=_double(inner.right))
        case n.Comparison():
            return _comparison(inner)
        case n.Logical():
            return _logical(inner.op, inner.operands)
        case n.Not():
            return _not(inner)
        case n.In():
            return _in(inner)
        case n.Between():
            return _between(inner)
    return inner


def conjuncts(filter_: n.Node | None) -> frozenset[str]:
    """The conditions that must all hold, as texts in normal form; empty where every row counts."""
    if filter_ is None:
        return frozenset()
    node = normal(filter_)
    parts = node.operands if isinstance(node, n.Logical) and node.op == "AND" else (node,)
    return frozenset(canonical(part) for part in parts if part != n.Boolean(True))


def _inside(node: n.Node) -> n.Node:
    """The node over the normal forms of what stands below it."""
    return replace(node, **{each.name: _normal(getattr(node, each.name)) for each in fields(node)})


def _normal(value: Any) -> Any:
    if isinstance(value, n.Node):
        return normal(value)
    return tuple(_normal(each) for each in value) if isinstance(value, tuple) else value


def _sorted(nodes: Iterable[n.Node]) -> list[n.Node]:
    return sorted(nodes, key=canonical)


def _chain(node: n.Arithmetic) -> n.Node:
    """A sum or a product with its operands in order."""
    first, *rest = _sorted(_operands(node, node.op))
    for operand in rest:
        first = n.Arithmetic(node.op, first, operand)
    return first


def _operands(node: n.Node, op: n.ArithmeticOp) -> list[n.Node]:
    if isinstance(node, n.Arithmetic) and node.op == op:
        return [*_operands(node.left, op), *_operands(node.right, op)]
    return [node]


def _double(node: n.Node) -> n.Node:
    """A whole number beside `/`, which divides doubles."""
    return n.Double(float(node.value)) if isinstance(node, n.Integer) else node


def _comparison(node: n.Comparison) -> n.Node:
    """A constant stands on the right, as the grammar reads it; two others in order, or with `<` between them."""
    if not any(isinstance(part, n.Column) for part in n.walk(node.right)):
        return node
    if node.op in _TURNED:
        return n.Comparison(_TURNED[node.op], node.right, node.left)
    if node.op in ("=", "<>"):
        return n.Comparison(node.op, *_sorted((node.left, node.right)))
    return node


def _logical(op: n.LogicalOp, operands: Iterable[n.Node]) -> n.Node:
    flat = [inner for each in operands for inner in (each.operands if isinstance(each, n.Logical) and each.op == op else (each,))]
    unique = _sorted(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else n.Logical(op, tuple(unique))


def _not(node: n.Not) -> n.Node:
    """NOT moved inward, which three-valued logic allows."""
    match node.operand:
        case n.Comparison(op=op, left=left, right=right):
            return _comparison(n.Comparison(_INVERSE[op], left, right))
        case n.Logical(op=op, operands=operands):
            return _logical(_OTHER[op], (normal(n.Not(each)) for each in operands))
        case n.Not(operand=operand):
            return operand
    return node


def _in(node: n.In) -> n.Node:
    values = tuple(_sorted(dict.fromkeys(node.values)))
    if len(values) == 1:
        return _comparison(n.Comparison("<>" if node.negated else "=", node.operand, values[0]))
    return replace(node, values=values)


def _between(node: n.Between) -> n.Node:
    within = _logical(
        "AND", (_comparison(n.Comparison(">=", node.operand, node.low)), _comparison(n.Comparison("<=", node.operand, node.high)))
    )
    return normal(n.Not(within)) if node.negated else within
