"""Whether a metric's numbers can be compared across countries: which countries compute the same, which do not, and why.

Used by `ringi show`, the diff and its matrix. Days are always those of a country's own clock; that alone makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.country_logic import below, computed, holds, with_variant

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from metrics_catalog.logic import Logic, VariantLogic
    from metrics_catalog.metric import Metric


class Deviation(NamedTuple):
    """One variant that makes a country compute something else; `metric` has it, which may be a part of the metric asked about."""

    country: str
    metric: str
    fields: tuple[str, ...]
    """What it replaces: `filter`, `expression`."""
    reason: str
    until: dt.date | None
    """First local day on which the base holds again; None: no end was agreed."""


@dataclass(frozen=True)
class Comparability:
    """`same` countries compute the base; each of the others has deviations. All sorted."""

    same: tuple[str, ...]
    deviations: tuple[Deviation, ...]

    @property
    def different(self) -> tuple[str, ...]:
        """Countries that compute something else than the base."""
        return tuple(sorted({one.country for one in self.deviations}))

    @property
    def everywhere(self) -> bool:
        """Whether all countries can be compared."""
        return not self.deviations


def comparability(logic: Logic, metrics: Mapping[str, Metric], today: dt.date) -> Comparability:
    """How comparable a metric is from day `today` on; `metrics` give the reasons. A variant that repeats the base is none."""
    base = computed(logic, None, today)
    codes = logic.time_zones.keys() | with_variant(logic)
    different = {code for code in with_variant(logic) if computed(logic, code, today) != base}
    deviations = tuple(one for code in sorted(different) for one in _deviations(logic, code, metrics, today))
    return Comparability(tuple(sorted(codes - different)), deviations)


def as_json(found: Comparability) -> dict[str, Any]:
    """For programs: who computes the base, and why the others do not."""
    return {
        "everywhere": found.everywhere,
        "same": list(found.same),
        "different": [
            {
                "country": one.country,
                "metric": one.metric,
                "fields": list(one.fields),
                "reason": one.reason,
                "until": one.until and one.until.isoformat(),
            }
            for one in found.deviations
        ],
    }


def in_words(found: Comparability, metric: str) -> Iterator[str]:
    """One sentence on how many countries agree, and one for each that does not."""
    total = len(found.same) + len(found.different)
    if found.everywhere:
        yield f"across all {total} countries: each computes the same"
        return
    yield f"across {len(found.same)} of {total} countries, which compute the same"
    for one in found.deviations:
        of = "" if one.metric == metric else f" of {one.metric}"
        end = f", until {one.until}" if one.until else ", with no end agreed"
        yield f"not {one.country}: its own {' and '.join(one.fields)}{of}{end}. {one.reason}"


def _deviations(logic: Logic, code: str, metrics: Mapping[str, Metric], today: dt.date) -> Iterator[Deviation]:
    seen: set[str] = set()
    for one in (logic, *below(logic)):
        variant = one.variants.get(code)
        if variant is None or one.metric in seen or not holds(variant, today):
            continue
        seen.add(one.metric)
        metric = metrics.get(one.metric)
        reason = metric.countries[code].reason if metric is not None and code in metric.countries else ""
        if fields := _replaced(one, variant):
            yield Deviation(code, one.metric, fields, reason, variant.until)


def _replaced(logic: Logic, variant: VariantLogic) -> tuple[str, ...]:
    own = (("filter", variant.filter, logic.filter), ("expression", variant.expression, logic.expression))
    return tuple(field for field, value, base in own if value is not None and value != base)
