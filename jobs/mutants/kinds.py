"""Another way to put rows together: counted instead of summed, each row instead of each different value, the least for the greatest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics_catalog.expression import canonical, parse
from metrics_catalog.expression import nodes as n
from metrics_catalog.logic import Kind, Logic, VariantLogic


@dataclass(frozen=True, slots=True)
class OfKind:
    """A logic of another kind, and the change in words."""

    operator: str
    what: str
    logic: Logic


_CHANGES: dict[Kind, tuple[tuple[Kind, str], ...]] = {
    "sum": (("count", "rows are counted instead of summed"), ("average", "the mean is taken instead of the sum")),
    "average": (("sum", "the sum is taken instead of the mean"),),
    "count_distinct": (("count", "every row counts instead of every different value: repeats count again"),),
    "minimum": (("maximum", "the greatest value is taken instead of the least"),),
    "maximum": (("minimum", "the least value is taken instead of the greatest"),),
}


def of_other_kinds(logic: Logic) -> Iterator[OfKind]:
    """The logic with its rows put together in another way."""
    for kind, what in _CHANGES.get(logic.kind, ()):
        changed = _counted(logic) if kind == "count" else logic.model_copy(update={"kind": kind})
        yield OfKind(f"{logic.kind} to {kind}", what, changed)


def _counted(logic: Logic) -> Logic:
    """Rows whose value is not missing, counted: so that a missing value is not what tells the two apart."""
    variants = {
        code: VariantLogic(
            filter=_present(variant.filter or logic.filter, variant.expression or logic.expression), expression=None, until=variant.until
        )
        for code, variant in logic.variants.items()
    }
    changes = {"kind": "count", "expression": None, "filter": _present(logic.filter, logic.expression), "variants": variants}
    return logic.model_copy(update=changes)


def _present(condition: str | None, expression: str | None) -> str | None:
    if expression is None:
        return condition
    present: n.Node = n.IsNull(parse(expression), negated=True)
    if condition is None:
        return canonical(present)
    first = parse(condition)
    parts = (*first.operands, present) if isinstance(first, n.Logical) and first.op == "AND" else (first, present)
    return canonical(n.Logical("AND", parts))
