"""Changing one place of an expression: a node with other children, and conditions joined in the form that the grammar gives.

Used by `conditions.py` and `values.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from metrics_catalog.expression import canonical
from metrics_catalog.expression import nodes as n

LONGEST = 80


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An expression with one change; `what` says it in words, `node` is the whole changed expression (None: nothing is left)."""

    operator: str
    what: str
    node: n.Node | None


def shown(node: n.Node) -> str:
    """A node as a person wrote it, cut to a readable length."""
    text = canonical(node)
    return f"`{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def joined(op: n.LogicalOp, operands: Sequence[n.Node]) -> n.Node:
    """AND or OR of conditions; one alone stands for itself, and none holds another of the same operator."""
    if len(operands) == 1:
        return operands[0]
    flat = (inner for part in operands for inner in (part.operands if isinstance(part, n.Logical) and part.op == op else (part,)))
    return n.Logical(op, tuple(flat))


def with_children(node: n.Node, children: Sequence[n.Node]) -> n.Node:
    """The same node over other children, given in the order of `children()`."""
    match node:
        case n.Logical():
            return joined(node.op, children)
        case n.Arithmetic() | n.Comparison():
            return replace(node, left=children[0], right=children[1])
        case n.Not() if isinstance(children[0], n.Not):
            return children[0].operand
        case n.Negative() | n.Not() | n.IsNull() | n.Like() | n.Extract() | n.Cast():
            return replace(node, operand=children[0])
        case n.In():
            return replace(node, operand=children[0], values=tuple(children[1:]))
        case n.Between():
            return replace(node, operand=children[0], low=children[1], high=children[2])
        case n.Case():
            pairs = tuple(zip(children[:-1:2], children[1:-1:2], strict=True))
            return n.Case(pairs, children[-1])
        case n.Call():
            return replace(node, args=tuple(children))
        case n.Concat():
            return replace(node, operands=tuple(children))
    return node
