"""Every small change of a condition: a part left out, `and` for `or`, a comparison turned or moved, `not` lost, a value replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jobs.mutants.literals import neighbours
from jobs.mutants.mutant import Allowed
from jobs.mutants.rewriting import Rewrite, joined, shown, with_children
from jobs.mutants.values import changed_values
from metrics_catalog.expression import nodes as n

_TURNED: dict[n.ComparisonOp, tuple[n.ComparisonOp, ...]] = {
    "=": ("<>",),
    "<>": ("=",),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
}
_MOST_OTHERS = 5
"""Of a column's allowed values, so many stand in for the one that is asked for."""

_LITERALS = (n.Integer, n.Double, n.Date, n.Timestamp)


def changed_conditions(node: n.Node, allowed: Allowed) -> Iterator[Rewrite]:
    """Every condition that differs from this one by one change."""
    yield from _here(node, allowed)
    children = node.children()
    for place, child in enumerate(children):
        for change in _below(node, place, child, allowed):
            if change.node is not None:
                changed = [*children[:place], change.node, *children[place + 1 :]]
                yield replace(change, node=with_children(node, changed))


def _below(node: n.Node, place: int, child: n.Node, allowed: Allowed) -> Iterator[Rewrite]:
    """Changes of one child: of a condition as a condition, of everything else as a value that is compared."""
    if isinstance(node, n.Logical | n.Not):
        yield from changed_conditions(child, allowed)
    elif isinstance(child, _LITERALS) and isinstance(node, n.Comparison | n.Between):
        for near in neighbours(child):
            yield Rewrite("value changed", f"{shown(child)} becomes {shown(near)} in {shown(node)}", near)
    elif not (isinstance(node, n.In) and place):
        yield from changed_values(child, changed_conditions, allowed)


def _here(node: n.Node, allowed: Allowed) -> Iterator[Rewrite]:
    match node:
        case n.Logical():
            yield from _of_logical(node)
        case n.Not():
            yield Rewrite("not removed", f"`NOT` is left out of {shown(node)}", node.operand)
        case n.Comparison():
            yield from _of_comparison(node, allowed)
        case n.IsNull() | n.Between() | n.Like() | n.In():
            turned = replace(node, negated=not node.negated)
            yield Rewrite("condition negated", f"{shown(node)} becomes {shown(turned)}", turned)
            yield from _of_list(node, allowed)
        case n.Column() | n.Case() | n.Call():
            yield Rewrite("condition negated", f"{shown(node)} becomes {shown(n.Not(node))}", n.Not(node))


def _of_logical(node: n.Logical) -> Iterator[Rewrite]:
    for place, operand in enumerate(node.operands):
        rest = joined(node.op, [*node.operands[:place], *node.operands[place + 1 :]])
        yield Rewrite("condition dropped", f"the condition {shown(operand)} is left out", rest)
    other: n.LogicalOp = "OR" if node.op == "AND" else "AND"
    yield Rewrite("and for or", f"`{node.op}` becomes `{other}` in {shown(node)}", joined(other, node.operands))


def _of_comparison(node: n.Comparison, allowed: Allowed) -> Iterator[Rewrite]:
    for op in _TURNED[node.op]:
        turned = replace(node, op=op)
        yield Rewrite("comparison changed", f"{shown(node)} becomes {shown(turned)}", turned)
    if isinstance(node.right, n.String):
        for other in _others(node.left, {node.right.value}, allowed) or [node.right.value + "x"]:
            turned = replace(node, right=n.String(other))
            yield Rewrite("value changed", f"{shown(node)} becomes {shown(turned)}", turned)


def _of_list(node: n.Node, allowed: Allowed) -> Iterator[Rewrite]:
    match node:
        case n.In():
            yield from _of_in(node, allowed)
        case n.Between():
            yield from (_without_end(node, op, value) for op, value in _ends(node))
        case n.Like():
            bare = node.pattern.replace("%", "")
            if bare != node.pattern:
                turned_like = replace(node, pattern=bare)
                yield Rewrite("value changed", f"{shown(node)} becomes {shown(turned_like)}", turned_like)


def _ends(node: n.Between) -> tuple[tuple[n.ComparisonOp, n.Node], ...]:
    return ((">", node.low), ("<", node.high))


def _without_end(node: n.Between, op: n.ComparisonOp, value: n.Node) -> Rewrite:
    """The range without its first or last value."""
    within = replace(node, negated=False)
    narrower = n.Logical("AND", (within, n.Comparison(op, node.operand, value)))
    return Rewrite(
        "comparison changed", f"{shown(value)} itself is taken out of {shown(within)}", n.Not(narrower) if node.negated else narrower
    )


def _of_in(node: n.In, allowed: Allowed) -> Iterator[Rewrite]:
    for place, value in enumerate(node.values):
        if len(node.values) > 1:
            rest = replace(node, values=(*node.values[:place], *node.values[place + 1 :]))
            yield Rewrite("value dropped", f"{shown(value)} is left out of {shown(node)}", rest)
    texts = {value.value for value in node.values if isinstance(value, n.String)}
    for other in _others(node.operand, texts, allowed):
        wider = replace(node, values=(*node.values, n.String(other)))
        yield Rewrite("value added", f"{shown(n.String(other))} is taken into {shown(node)}", wider)


def _others(operand: n.Node, present: set[str], allowed: Allowed) -> list[str]:
    """Values that the contract allows instead; none for a column that may hold anything."""
    known = allowed.get(operand.name, ()) if isinstance(operand, n.Column) else ()
    return [value for value in known if value not in present][:_MOST_OTHERS]
