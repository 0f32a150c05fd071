"""Values under which a condition holds, read off its nodes: where to begin looking when many conditions must hold at once.

Used by `events.py`. Only what a column is compared with in writing is read; the engine says afterwards whether the row passes.
"""

from __future__ import annotations

from typing import Any

from jobs.mutants.candidates import Row, plain
from jobs.mutants.literals import neighbours
from metrics_catalog.expression import nodes as n

_OPPOSITE: dict[n.ComparisonOp, n.ComparisonOp] = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def satisfying(node: n.Node, *, wanted: bool = True) -> Row:
    """Values of columns under which a condition is likely to be TRUE, or FALSE where that is wanted."""
    match node:
        case n.Logical():
            every = (node.op == "AND") is wanted
            found: Row = {}
            for operand in node.operands if every else node.operands[:1]:
                found |= satisfying(operand, wanted=wanted)
            return found
        case n.Not():
            return satisfying(node.operand, wanted=not wanted)
        case n.Column():
            return {node.name: wanted}
        case n.Comparison(op, n.Column(name), right):
            return _compared(name, op if wanted else _OPPOSITE[op], right)
        case n.IsNull(n.Column(name)):
            return {name: None} if node.negated is not wanted else {}
        case n.In(n.Column(name)) if node.negated is not wanted:
            return {name: plain(node.values[0])}
        case n.Between(n.Column(name)) if node.negated is not wanted:
            return {name: plain(node.low)}
        case n.Like(n.Column(name)) if node.negated is not wanted:
            return {name: node.pattern.replace("%", "").replace("_", "x")}
    return {}


def _compared(name: str, op: n.ComparisonOp, right: n.Node) -> Row:
    value = plain(right)
    if value is None or isinstance(value, bool):
        return {} if value is None else {name: value is (op == "=")}
    if op in ("=", "<=", ">="):
        return {name: value}
    if isinstance(value, str):
        return {name: value + "x"} if op in ("<>", ">") else {}
    above, *below = [plain(near) for near in neighbours(right)]
    chosen: Any = above if op in (">", "<>") or not below else below[0]
    return {name: chosen}
