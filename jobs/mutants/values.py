"""Every small change of a value: an operator swapped, a factor changed, a default lost, a part of a joined text left out.

Used for a metric's expression, and for what a condition compares. Values that are only told apart (`count_distinct`) stay as many
when a written factor, summand or separator changes, so those are left alone there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from jobs.mutants.literals import neighbours
from jobs.mutants.mutant import Allowed
from jobs.mutants.rewriting import Rewrite, shown, with_children
from metrics_catalog.expression import columns
from metrics_catalog.expression import nodes as n

Conditions = Callable[[n.Node, Allowed], Iterator[Rewrite]]

_SWAPPED: dict[n.ArithmeticOp, n.ArithmeticOp] = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"}
_OTHER_CALL = {"LEAST": "GREATEST", "GREATEST": "LEAST", "FLOOR": "CEIL", "CEIL": "FLOOR"}
_UNWRAPPED = frozenset({"COALESCE", "NULLIF", "ABS", "ROUND", "LOWER", "UPPER"})


def changed_values(node: n.Node, conditions: Conditions, allowed: Allowed, *, told_apart: bool = False) -> Iterator[Rewrite]:
    """Every value that differs from this one by one change. `told_apart`: it only matters which values are the same."""
    yield from _here(node, told_apart=told_apart)
    children = node.children()
    for place, child in enumerate(children):
        if _is_left_alone(node, place, child):
            continue
        of_case = isinstance(node, n.Case) and place % 2 == 0 and place < len(children) - 1
        below = conditions(child, allowed) if of_case else changed_values(child, conditions, allowed, told_apart=told_apart)
        for change in below:
            if change.node is not None:
                changed = [*children[:place], change.node, *children[place + 1 :]]
                yield replace(change, node=with_children(node, changed))


def _is_left_alone(node: n.Node, place: int, child: n.Node) -> bool:
    """A written separator of a joined text, and the written places of a cut-out one."""
    if isinstance(node, n.Concat):
        return isinstance(child, n.String)
    return isinstance(node, n.Call) and node.name == "SUBSTRING" and place > 0


def _here(node: n.Node, *, told_apart: bool) -> Iterator[Rewrite]:
    match node:
        case n.Integer() | n.Double() | n.Date() | n.Timestamp() | n.Interval() | n.Boolean() if not told_apart:
            for near in list(neighbours(node))[:1]:
                yield Rewrite("value changed", f"{shown(node)} becomes {shown(near)}", near)
        case n.Arithmetic():
            if not told_apart or all(columns(side) for side in node.children()):
                turned = replace(node, op=_SWAPPED[node.op])
                yield Rewrite("operator swapped", f"{shown(node)} becomes {shown(turned)}", turned)
        case n.Negative() if not told_apart:
            yield Rewrite("sign lost", f"{shown(node)} becomes {shown(node.operand)}", node.operand)
        case n.Call():
            yield from _of_call(node)
        case n.Concat():
            yield from _of_concat(node)
        case n.Case():
            yield from _of_case(node)


def _of_call(node: n.Call) -> Iterator[Rewrite]:
    if node.name in _OTHER_CALL:
        turned = replace(node, name=_OTHER_CALL[node.name])
        yield Rewrite("function changed", f"{shown(node)} becomes {shown(turned)}", turned)
    elif node.name in _UNWRAPPED:
        yield Rewrite("function left out", f"{shown(node)} becomes {shown(node.args[0])}", node.args[0])


def _of_concat(node: n.Concat) -> Iterator[Rewrite]:
    """Each part that reads a column left out; a separator is left alone."""
    for place, operand in enumerate(node.operands):
        rest = (*node.operands[:place], *node.operands[place + 1 :])
        if columns(operand):
            yield Rewrite("part dropped", f"{shown(operand)} is left out of {shown(node)}", rest[0] if len(rest) == 1 else n.Concat(rest))


def _of_case(node: n.Case) -> Iterator[Rewrite]:
    for place, (condition, _) in enumerate(node.branches):
        rest = (*node.branches[:place], *node.branches[place + 1 :])
        yield Rewrite(
            "branch dropped", f"the branch for {shown(condition)} is left out", n.Case(rest, node.otherwise) if rest else node.otherwise
        )
