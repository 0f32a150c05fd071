"""Country variants: they change something, something that the metric has, and not for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.duplicates.normal import conjuncts
from metrics_catalog.finding import Severity
from metrics_catalog.rules.common import At, found, listed, measured, parsed, parts_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.metric import Metric, Variant

EVERY_ROW = "TRUE"
"""The filter of a metric that gives none."""


def variant_fields(catalog: Catalog) -> Iterator[Finding]:
    """A variant replaces a filter or an expression, and only where the metric's kind has one."""
    for metric, code, variant, at in _variants(catalog):
        if variant.filter is None and variant.expression is None:
            message = f"The variant of `{metric.metric}` for {code} changes nothing: it has neither `filter` nor `expression`."
            yield found(catalog, "RNG-CAT-044", at, message, "give one of them, or delete the variant.")
        elif measured(metric) is None:
            message = f"`{metric.metric}` is computed from other metrics and cannot have a variant for {code}."
            hint = f"give the variant to the metric it is made of: {listed(parts_of(metric.how))}."
            yield found(catalog, "RNG-CAT-043", at, message, hint)
        elif variant.expression is not None and not hasattr(metric.how, "expression"):
            message = f"`{metric.metric}` counts rows and has no expression that {code} could replace."
            yield found(catalog, "RNG-CAT-043", at / "expression", message, "replace the filter instead.")


def variants_that_repeat(catalog: Catalog) -> Iterator[Finding]:
    """A variant's filter or expression differs in meaning from the metric's own."""
    for metric, code, variant, at in _variants(catalog):
        for field in ("filter", "expression"):
            own, base = getattr(variant, field), getattr(metric.how, field, None)
            if own is not None and _same(own, base if base is not None or field == "expression" else EVERY_ROW):
                message = f"The {field} of `{metric.metric}` for {code} repeats the metric's own {field}."
                yield found(catalog, "RNG-CAT-045", at / field, message, f"delete `{field}` here; it is inherited.")


def expired_variants(catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    """A variant whose `until` has come no longer holds. A warning: the metric's own logic holds again, as was agreed."""
    for metric, code, variant, at in _variants(catalog):
        if variant.until is not None and variant.until <= today:
            message = f"The variant of `{metric.metric}` for {code} ended on {variant.until}; the metric's own logic holds again."
            yield found(
                catalog, "RNG-CAT-046", at / "until", message, "delete the variant, or agree on a later day.", severity=Severity.WARNING
            )


def _variants(catalog: Catalog) -> Iterator[tuple[Metric, str, Variant, At]]:
    for metric in catalog.metrics.values():
        for code, variant in metric.countries.items():
            yield metric, code, variant, At("metric", metric.metric, ("countries", code))


def _same(one: str, other: str | None) -> bool:
    """Whether two texts mean the same, the order of operands aside; texts that cannot be read never do."""
    if other is None:
        return False
    if one.strip() == other.strip():
        return True
    first, second = parsed(one), parsed(other)
    return first is not None and second is not None and (first == second or conjuncts(first) == conjuncts(second))
