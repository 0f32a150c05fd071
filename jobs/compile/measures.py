"""From certified logic to measures: what is computed from the rows of one source, with country variants folded in.

A country variant becomes a CASE over the number of the country and the local day, so that one pass serves all countries.
Measures are values that compare by meaning: what two metrics share is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog import expression
from metrics_catalog.expression import nodes as n
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobs.compile.request import Periods
    from metrics_catalog.logic import Kind, Logic, VariantLogic

COUNTRY, DAY, TOTAL = "@country", "@day", "@total"
"""Names no source column can have: the number of the viewing country, the local day, and an aggregate to go on from."""

PSEUDO_TYPES = {COUNTRY: ColumnType.INTEGER, DAY: ColumnType.DATE}

_TRUE = n.Boolean(True)
_EXACT = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL})


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate over the rows of a source: `kind` over `expression` where `filter` is TRUE (None: every row).

    `after` is what happens to the aggregate, over the column TOTAL: a sum of whole numbers divided by a written number is
    summed exactly and divided once, so the order of rows cannot change its last digits.
    """

    kind: Kind
    expression: n.Node | None
    filter: n.Node | None
    after: n.Node
    input_type: ColumnType
    type: ColumnType


def measure_of(logic: Logic, types: Mapping[str, ColumnType], numbers: Mapping[str, int], periods: Periods) -> Measure:
    """The measure of a metric of a basic kind. `numbers` gives each country's number in the statement."""
    variants = _variants(logic, numbers, periods)
    held = [(condition, variant.filter or logic.filter) for condition, variant in variants]
    condition = _chosen([(case, _parsed_filter(text)) for case, text in held], _parsed_filter(logic.filter))
    row_filter = None if condition == _TRUE else condition
    if logic.kind == "count" or logic.expression is None:
        return Measure("count", None, row_filter, n.Column(TOTAL), ColumnType.INTEGER, ColumnType.INTEGER)
    held = [(condition, variant.expression or logic.expression) for condition, variant in variants]
    node = _chosen([(case, expression.parse(text or "")) for case, text in held], expression.parse(logic.expression))
    return _measured(logic.kind, node, row_filter, {**types, **PSEUDO_TYPES})


def _measured(kind: Kind, node: n.Node, row_filter: n.Node | None, types: Mapping[str, ColumnType]) -> Measure:
    written = expression.type_of(node, types)
    after: n.Node = n.Column(TOTAL)
    input_type = written
    if kind in ("sum", "average") and written is ColumnType.DOUBLE:
        inner, outer = _split(node)
        if inner is not node and expression.type_of(inner, types) in _EXACT:
            node, after, input_type = inner, outer, expression.type_of(inner, types)
    result = ColumnType.INTEGER if kind == "count_distinct" else ColumnType.DOUBLE if kind == "average" else written
    return Measure(kind, node, row_filter, after, input_type, result)


def _parsed_filter(text: str | None) -> n.Node:
    return _TRUE if text is None else expression.parse(text)


def _chosen(cases: Iterable[tuple[n.Node, n.Node]], base: n.Node) -> n.Node:
    differing = tuple((condition, value) for condition, value in cases if value != base)
    return n.Case(differing, base) if differing else base


def _variants(logic: Logic, numbers: Mapping[str, int], periods: Periods) -> list[tuple[n.Node, VariantLogic]]:
    """The variants that matter in these periods, each with its condition; countries with one variant share a condition."""
    alike: dict[tuple[str | None, str | None, object], list[str]] = {}
    for country in sorted(logic.variants.keys() & numbers.keys()):
        variant = logic.variants[country]
        if variant.until is None or variant.until > periods.first:
            until = None if variant.until is None or variant.until >= periods.end else variant.until
            alike.setdefault((variant.filter, variant.expression, until), []).append(country)
    found = []
    for countries in alike.values():
        variant = logic.variants[countries[0]]
        ids = tuple(n.Integer(numbers[country]) for country in countries)
        condition: n.Node = n.In(n.Column(COUNTRY), ids) if len(ids) > 1 else n.Comparison("=", n.Column(COUNTRY), ids[0])
        if variant.until is not None and variant.until < periods.end:
            condition = n.Logical("AND", (condition, n.Comparison("<", n.Column(DAY), n.Date(variant.until))))
        found.append((condition, variant))
    return found


def _split(node: n.Node) -> tuple[n.Node, n.Node]:
    """What can be summed first, and what is done to the sum: `a / 60.0` is `a`, then `total / 60.0`."""
    match node:
        case n.Arithmetic("/", left, (n.Integer() | n.Double()) as right) if right.value != 0:
            inner, after = _split(left)
            return inner, n.Arithmetic("/", after, right)
        case n.Arithmetic("*", left, (n.Integer() | n.Double()) as right):
            inner, after = _split(left)
            return inner, n.Arithmetic("*", after, right)
        case n.Arithmetic("*", (n.Integer() | n.Double()) as left, right):
            inner, after = _split(right)
            return inner, n.Arithmetic("*", after, left)
        case n.Negative(operand):
            inner, after = _split(operand)
            return inner, n.Negative(after)
        case n.Case(branches, otherwise):
            return _split_case(node, branches, otherwise)
    return node, n.Column(TOTAL)


def _split_case(node: n.Node, branches: tuple[tuple[n.Node, n.Node], ...], otherwise: n.Node) -> tuple[n.Node, n.Node]:
    """A CASE all of whose values are treated alike afterwards; NULL stays NULL whatever is done to it."""
    parts = [(value, value) if isinstance(value, n.Null) else _split(value) for value in (*(value for _, value in branches), otherwise)]
    afters = {after for inner, after in parts if not isinstance(inner, n.Null)}
    if len(afters) != 1 or afters == {n.Column(TOTAL)}:
        return node, n.Column(TOTAL)
    conditions = [condition for condition, _ in branches]
    inners = [inner for inner, _ in parts]
    return n.Case(tuple(zip(conditions, inners[:-1], strict=True)), inners[-1]), afters.pop()
