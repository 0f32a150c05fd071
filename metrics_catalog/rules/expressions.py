"""Expressions and filters: inside the allowed SQL, over columns that exist, of a type that the kind of metric can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog import expression
from metrics_catalog.canonical_json import nfc
from metrics_catalog.metric import Derived
from metrics_catalog.rules.common import At, found, measured, parts_of, types_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.metric import Metric

    Types = Mapping[str, ColumnType]

_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE})
_ORDERED = _NUMBERS | {ColumnType.DATE, ColumnType.TIMESTAMP}
_NEEDED = {"sum": _NUMBERS, "average": _NUMBERS, "minimum": _ORDERED, "maximum": _ORDERED, "derived": _NUMBERS}
_VERBS = {"sum": "summed", "average": "averaged", "minimum": "compared", "maximum": "compared", "derived": "published as a number"}
_WORDS = {
    ColumnType.STRING: "text",
    ColumnType.INTEGER: "a whole number",
    ColumnType.DECIMAL: "a decimal",
    ColumnType.DOUBLE: "a number",
    ColumnType.BOOLEAN: "a condition",
    ColumnType.TIMESTAMP: "an instant",
    ColumnType.DATE: "a day",
}


def expressions(catalog: Catalog) -> Iterator[Finding]:
    """Every expression and filter can be computed, the country variants' too."""
    types = {name: types_of(source) for name, source in catalog.sources.items()}
    for metric in catalog.metrics.values():
        how, at = measured(metric), At("metric", metric.metric)
        if isinstance(metric.how, Derived):
            names = dict.fromkeys(parts_of(metric.how), ColumnType.DOUBLE)
            yield from _expression(catalog, metric, metric.how.expression, names, at / "how" / "expression")
        elif how is not None:
            columns = types.get(how.source)
            yield from _pair(catalog, metric, getattr(how, "expression", None), how.filter, columns, at / "how")
            for code, variant in metric.countries.items():
                text = variant.expression if hasattr(how, "expression") else None
                yield from _pair(catalog, metric, text, variant.filter, columns, at / "countries" / code)


def _pair(catalog: Catalog, metric: Metric, text: str | None, condition: str | None, types: Types | None, at: At) -> Iterator[Finding]:
    if text is not None:
        yield from _expression(catalog, metric, text, types, at / "expression")
    if condition is not None:
        yield from _filter(catalog, condition, types, at / "filter")


def _expression(catalog: Catalog, metric: Metric, text: str, types: Types | None, at: At) -> Iterator[Finding]:
    kind = metric.how.kind
    type_, refused = _typed(catalog, text, types, at)
    if refused is not None:
        yield refused
    elif type_ is not None and type_ not in _NEEDED.get(kind, frozenset(ColumnType)):
        hint = "use `kind: count_distinct`, or an expression of numbers." if kind in ("sum", "average") else "use an expression of numbers."
        yield found(
            catalog, "RNG-CAT-040", at, f"The expression of `{metric.metric}` is {_WORDS[type_]} and cannot be {_VERBS[kind]}.", hint
        )


def _filter(catalog: Catalog, text: str, types: Types | None, at: At) -> Iterator[Finding]:
    type_, refused = _typed(catalog, text, types, at)
    if refused is not None:
        yield refused
    elif type_ is not None and type_ is not ColumnType.BOOLEAN:
        yield found(
            catalog,
            "RNG-CAT-041",
            at,
            f"The filter is {_WORDS[type_]}; expected a condition.",
            "compare it, such as `event_type = 'start'`.",
        )


def _typed(catalog: Catalog, text: str, types: Types | None, at: At) -> tuple[ColumnType | None, Finding | None]:
    """The type of a text, or what is wrong with it. Where the source is unknown (`types` is None) it is only parsed."""
    try:
        node = expression.parse(nfc(text))
        return (None if types is None else expression.type_of(node, types)), None
    except expression.ExpressionError as error:
        return None, found(catalog, error.code, at, error.message, error.hint, offset=error.position)
