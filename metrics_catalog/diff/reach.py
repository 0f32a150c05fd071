"""Which countries two meanings of a metric differ in: what each country computes, and what it reads about the number.

Used by `effects`. A country whose own variant replaces a field is not touched by a change of that field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from metrics_catalog.logic import Logic, VariantLogic
    from metrics_catalog.meaning import Meaning

_NO_NUMBER = frozenset({"proposer"})
"""Facts classed `logic`, since they decide who may turn a key, that no number depends on."""

Computed = tuple[Any, ...]
"""All that decides a country's numbers, its clock aside; equal where two countries compute the same."""


def numbers(before: Meaning, after: Meaning, today: dt.date) -> frozenset[str]:
    """Countries, known to either side, whose numbers differ. A variant that ended before `today` no longer holds."""
    old, new = before.logic, after.logic
    zones, now = old.time_zones, new.time_zones
    own = {*with_variant(old), *with_variant(new)}
    others = (zones.keys() | now.keys()) - own
    touched = {code for code in zones.keys() & now.keys() if zones[code] != now[code]}
    touched |= {code for code in own if computed(old, code, today) != computed(new, code, today)}
    if others and computed(old, None, today) != computed(new, None, today):
        touched |= others
    return frozenset(touched)


def words(before: Meaning, after: Meaning) -> frozenset[str]:
    """Countries for which something differs that people read beside the number."""
    everyone = before.logic.time_zones.keys() | after.logic.time_zones.keys()
    touched: set[str] = set()
    for path in _differing(before.business, after.business):
        first, _, rest = path.partition(".")
        touched |= {rest.split(".")[0]} if first == "countries" else everyone
    old, new = before.country_parts.business, after.country_parts.business
    return frozenset(touched | {code for code in old.keys() & new.keys() if old[code] != new[code]})


def with_variant(logic: Logic) -> set[str]:
    """Countries with a variant of the metric or of anything it is computed from."""
    return {code for below in (logic, *_below(logic)) for code in below.variants}


def computed(logic: Logic, code: str | None, today: dt.date) -> Computed:
    """What a country computes from day `today` on; None stands for every country without a variant."""
    variant = logic.variants.get(code) if code is not None else None
    expression, condition, until = _replaced(logic, variant if variant is not None and holds(variant, today) else None)
    others = sorted((path, repr(value)) for path, value in logic.others.items() if _counts(path))
    parts = sorted((name, computed(part, code, today)) for name, part in logic.parts.items())
    sliced = sorted((name, repr(dimension)) for name, dimension in logic.dimensions.items())
    return (logic.kind, logic.source, expression, condition, until, logic.numerator, logic.denominator, sliced, others, parts)


def holds(variant: VariantLogic, today: dt.date) -> bool:
    """Whether a variant is still in force; `until` is the first day on which it is not."""
    return variant.until is None or variant.until > today


def _replaced(logic: Logic, variant: VariantLogic | None) -> tuple[str | None, str | None, dt.date | None]:
    """Expression, filter and end in force; a variant that repeats the metric has no end that matters."""
    if variant is None:
        return logic.expression, logic.filter, None
    expression = variant.expression if variant.expression is not None else logic.expression
    condition = variant.filter if variant.filter is not None else logic.filter
    return expression, condition, variant.until if (expression, condition) != (logic.expression, logic.filter) else None


def _counts(path: str) -> bool:
    return path not in _NO_NUMBER and not path.startswith("countries.")


def _below(logic: Logic) -> Iterator[Logic]:
    for part in logic.parts.values():
        yield part
        yield from _below(part)


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
