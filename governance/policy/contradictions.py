"""Warnings about grants that were meant to narrow one another, which no grant can do: a mask or a left-out column that another undoes.

Used by `policy.load` on the grants that give something of their own.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from governance.policy.given_columns import given_columns
from governance.policy.grant import Excluded
from governance.policy.warnings import clearness, reaches_all, receivers_of
from metrics_catalog.expression import canonical, parse
from metrics_catalog.expression import nodes as n
from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from governance.policy.grant import Grant
    from governance.policy.ground import Ground
    from governance.policy.names import Entry

_OPPOSITES = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def contradictions(entries: Sequence[Entry[Grant]], ground: Ground) -> Iterator[Finding]:
    """For each two grants with a receiver and a view in common: what one withholds or masks and the other shows."""
    receivers = {entry.name: receivers_of(entry.model, ground) for entry in entries}
    for one, other in _pairs([entry for entry in entries if _narrows(entry.model)], receivers):
        if _meet(one.model, other.model):
            yield from _of_two(one, other, ground)
    for masking in entries:
        if masking.model.masks:
            yield from _undone(masking, [each for each in entries if receivers[each.name] & receivers[masking.name]], ground, receivers)


def _pairs(entries: Sequence[Entry[Grant]], receivers: Mapping[str, frozenset[str]]) -> Iterator[tuple[Entry[Grant], Entry[Grant]]]:
    """Each two that have a receiver in common, once."""
    by_receiver: dict[str, list[Entry[Grant]]] = {}
    for entry in entries:
        for receiver in receivers[entry.name]:
            by_receiver.setdefault(receiver, []).append(entry)
    seen: set[tuple[str, str]] = set()
    for held in by_receiver.values():
        for one, other in combinations(held, 2):
            if (one.name, other.name) not in seen:
                seen.add((one.name, other.name))
                yield one, other


def _meet(one: Grant, other: Grant) -> bool:
    """Whether some view may be reached by both."""
    pairs = ((left.split("."), right.split(".")) for left in one.views for right in other.views)
    return any(all("*" in both or both[0] == both[1] for both in zip(left, right, strict=True)) for left, right in pairs)


def _narrows(grant: Grant) -> bool:
    return grant.rows is not None or isinstance(grant.columns, Excluded)


def _of_two(one: Entry[Grant], other: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """Both leave something out, and each gives what the other leaves out."""
    same_rows = one.model.rows == other.model.rows
    left, right = _excluded(one.model), _excluded(other.model)
    if same_rows and left and right and _gives(other.model, left, ground) and _gives(one.model, right, ground):
        what = f"each gives columns that the other leaves out ({', '.join(f'`{name}`' for name in sorted(left | right))})"
        yield _contradiction(one, other, what)
    if one.model.rows is not None and other.model.rows is not None and _opposite(one.model.rows, other.model.rows):
        yield _contradiction(one, other, "each gives the rows that the other leaves out")


def _contradiction(one: Entry[Grant], other: Entry[Grant], what: str) -> Finding:
    message = f"The grants `{one.name}` and `{other.name}` undo each other: {what}."
    hint = "grants add up and never narrow one another; write one grant that says both."
    return Finding("RNG-GOV-086", other.place_of_name(), message, hint, Severity.WARNING)


def _excluded(grant: Grant) -> frozenset[str]:
    return frozenset(grant.columns.exclude) if isinstance(grant.columns, Excluded) else frozenset()


def _gives(grant: Grant, columns: frozenset[str], ground: Ground) -> bool:
    """Whether it gives one of these columns in some view."""
    return any(columns & given_columns(grant, ground.relations.classes_of(view)) for view in ground.views_of(grant))


def _opposite(one: str, other: str) -> bool:
    return canonical(_negated(parse(one))) == canonical(parse(other)) or canonical(_negated(parse(other))) == canonical(parse(one))


def _negated(node: n.Node) -> n.Node:
    """The condition that is TRUE where this one is FALSE, as a person would write it."""
    match node:
        case n.Not():
            return node.operand
        case n.Comparison():
            return n.Comparison(_OPPOSITES[node.op], node.left, node.right)  # type: ignore[arg-type]  # each is an operator
        case n.In():
            return n.In(node.operand, node.values, not node.negated)
        case n.Like():
            return n.Like(node.operand, node.pattern, not node.negated)
        case n.Between():
            return n.Between(node.operand, node.low, node.high, not node.negated)
        case n.IsNull():
            return n.IsNull(node.operand, not node.negated)
    return n.Not(node)


def _undone(
    masking: Entry[Grant], others: Sequence[Entry[Grant]], ground: Ground, receivers: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    """Masks of one grant on columns that another shows clearer, on all the rows that it masks."""
    for column, mask in masking.model.masks.items():
        for other in others:
            if other is masking or clearness(other.model, column) >= clearness(masking.model, column):
                continue
            if reaches_all(other.model, masking.model) and _gives(other.model, frozenset({column}), ground):
                who = sorted(receivers[other.name] & receivers[masking.name])[0]
                shown = f"as `{other.model.masks[column]}`" if column in other.model.masks else "clear"
                message = f"The mask `{mask}` of `{column}` hides nothing from `{who}`: the grant `{other.name}` shows the column {shown}."
                hint = "grants add up, and the clearest counts; mask the column there too, or leave it out there."
                place = masking.place("masks", column)
                yield Finding("RNG-GOV-085", place, message, hint, Severity.WARNING)
                break
