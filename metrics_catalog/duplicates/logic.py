"""What a metric computes, in a form in which two metrics can be compared: made from its own file alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog import canonical_json, expression
from metrics_catalog.duplicates.normal import conjuncts, normal
from metrics_catalog.metric import Derived, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.metric import Metric


@dataclass(frozen=True, slots=True)
class Computed:
    """`core` is all but the filter: kind, source, expression or the metrics it divides. Texts are in normal form."""

    core: tuple[str, ...]
    filter: frozenset[str]
    variants: Mapping[str, tuple[str | None, frozenset[str] | None, str]]


def computed(metric: Metric) -> Computed | None:
    """What the metric computes; None where one of its expressions cannot be read."""
    how = metric.how
    try:
        if isinstance(how, Ratio):
            return Computed(("ratio", how.numerator, how.denominator), frozenset(), {})
        written = _text(getattr(how, "expression", None)) or ""
        if isinstance(how, Derived):
            return Computed(("derived", written), frozenset(), {})
        variants = {code: (_text(each.expression), _filter(each.filter), str(each.until)) for code, each in metric.countries.items()}
        return Computed((how.kind, how.source, written), _filter(how.filter) or frozenset(), variants)
    except expression.ExpressionError:
        return None


def _text(text: str | None) -> str | None:
    return None if text is None else expression.canonical(normal(expression.parse(canonical_json.nfc(text))))


def _filter(text: str | None) -> frozenset[str] | None:
    return None if text is None else conjuncts(expression.parse(canonical_json.nfc(text)))
