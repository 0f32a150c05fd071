"""What one country computes for a metric: the base, or its own variant while that holds, in the metric and in all it is made of.

Used by the diff (which countries a change reaches) and by `comparable` (which countries compute the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.logic import Logic, VariantLogic

_NO_NUMBER = frozenset({"proposer"})
"""Facts classed `logic`, since they decide who may turn a key, that no number depends on."""

Computed = tuple[Any, ...]
"""All that decides a country's numbers, its clock aside; equal where two countries compute the same."""


def with_variant(logic: Logic) -> set[str]:
    """Countries with a variant of the metric or of anything it is computed from."""
    return {code for one in (logic, *below(logic)) for code in one.variants}


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


def below(logic: Logic) -> Iterator[Logic]:
    """Every logic that this one is computed from, at any depth."""
    for part in logic.parts.values():
        yield part
        yield from below(part)
