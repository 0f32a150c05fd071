"""All mutants of a metric: its own filter and expression, its kind, each country's variant, its parts, and the day of an event.

Two mutants that come to the same logic are one, and one that comes to the metric itself is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from jobs.examples.trial import Shift
from jobs.mutants.conditions import changed_conditions
from jobs.mutants.kinds import of_other_kinds
from jobs.mutants.mutant import Allowed, Mutant
from jobs.mutants.rewriting import Rewrite
from jobs.mutants.values import changed_values
from metrics_catalog import expression as language
from metrics_catalog.logic import Logic
from metrics_catalog.source import ColumnType

_HOW, _DAY = "how", dt.timedelta(days=1)


def mutants_of(logic: Logic, allowed: Allowed | None = None) -> tuple[Mutant, ...]:
    """Every mutant of a metric, each once. `allowed` holds the values that contracts allow, by column."""
    known = allowed or {}
    found: dict[object, Mutant] = {}
    for mutant in _all(logic, known):
        key = (_identity(mutant.logic), mutant.shift)
        if key != (_identity(logic), Shift.NONE) and _computes(mutant.logic):
            found.setdefault(key, mutant)
    return tuple(found.values())


def _all(logic: Logic, allowed: Allowed) -> Iterator[Mutant]:
    if logic.parts:
        yield from _of_composed(logic, allowed)
        yield from _of_parts(logic)
        return
    yield from _of_measured(logic, allowed)
    yield from _of_variants(logic, allowed)
    yield from _of_days(logic)


# metrics that read a source


def _of_measured(logic: Logic, allowed: Allowed) -> Iterator[Mutant]:
    if logic.filter is not None:
        dropped = logic.model_copy(update={"filter": None})
        yield Mutant("filter dropped", "the whole filter is left out: every row counts", (_HOW, "filter"), dropped)
        for change in changed_conditions(language.parse(logic.filter), allowed):
            yield Mutant(change.operator, change.what, (_HOW, "filter"), logic.model_copy(update={"filter": _text(change)}))
    if logic.expression is not None:
        for change in _values(logic, logic.expression, allowed):
            yield Mutant(change.operator, change.what, (_HOW, "expression"), logic.model_copy(update={"expression": _text(change)}))
    for other in of_other_kinds(logic):
        yield Mutant(other.operator, other.what, (_HOW, "kind"), other.logic)


def _values(logic: Logic, text: str, allowed: Allowed) -> Iterator[Rewrite]:
    node = language.parse(text)
    yield from changed_values(node, changed_conditions, allowed, told_apart=logic.kind == "count_distinct")


def _text(change: Rewrite) -> str | None:
    return None if change.node is None else language.canonical(change.node)


def _of_variants(logic: Logic, allowed: Allowed) -> Iterator[Mutant]:
    for code, variant in sorted(logic.variants.items()):
        others = {other: each for other, each in logic.variants.items() if other != code}
        at = ("countries", code)
        dropped = logic.model_copy(update={"variants": others})
        yield Mutant("variant dropped", f"the variant of {code} is left out: the metric's own logic holds there", at, dropped, code)

        def changed(operator: str, what: str, field: str, code: str = code, day: dt.date | None = None, **update: Any) -> Mutant:
            mutated = logic.variants[code].model_copy(update=update)
            whole = logic.model_copy(update={"variants": {**logic.variants, code: mutated}})
            return Mutant(operator, f"in {code} {what}", ("countries", code, field), whole, code, day=day)

        if variant.filter is not None:
            yield changed("filter dropped", "the whole filter is left out: every row counts", "filter", filter="TRUE")
            for change in changed_conditions(language.parse(variant.filter), allowed):
                yield changed(change.operator, change.what, "filter", filter=_text(change))
        if variant.expression is not None:
            for change in _values(logic, variant.expression, allowed):
                yield changed(change.operator, change.what, "expression", expression=_text(change))
        if variant.until is not None:
            for step, words in ((-_DAY, "a day earlier"), (_DAY, "a day later")):
                moved, what = variant.until + step, f"the variant ends {words}, on {variant.until + step} instead of {variant.until}"
                yield changed("end of variant moved", what, "until", day=min(moved, variant.until), until=moved)


def _of_days(logic: Logic) -> Iterator[Mutant]:
    source = logic.source
    if source is None or source.event_time is None or source.columns.get(source.event_time) is not ColumnType.TIMESTAMP:
        return
    behind = "an event of the first moments of a local day is counted on the day before"
    ahead = "an event of the last moments of a local day is counted on the day after"
    yield Mutant("period shifted", behind, (_HOW, "source"), logic, shift=Shift.BEHIND)
    yield Mutant("period shifted", ahead, (_HOW, "source"), logic, shift=Shift.AHEAD)


# metrics that are computed from metrics


def _of_composed(logic: Logic, allowed: Allowed) -> Iterator[Mutant]:
    if logic.kind == "ratio":
        above, below = str(logic.numerator), str(logic.denominator)
        swapped = logic.model_copy(update={"numerator": below, "denominator": above})
        yield Mutant("parts swapped", f"`{above}` and `{below}` change places", (_HOW, "numerator"), swapped)
        alone = logic.model_copy(
            update={"kind": "derived", "expression": above, "numerator": None, "denominator": None, "parts": {above: logic.parts[above]}}
        )
        yield Mutant("denominator dropped", f"nothing is divided: the value is `{above}` itself", (_HOW, "denominator"), alone)
        return
    for change in changed_values(language.parse(logic.expression or ""), changed_conditions, allowed):
        if change.node is not None:
            names = language.columns(change.node)
            update = {"expression": _text(change), "parts": {name: part for name, part in logic.parts.items() if name in names}}
            if names:
                yield Mutant(change.operator, change.what, (_HOW, "expression"), logic.model_copy(update=update))


def _of_parts(logic: Logic) -> Iterator[Mutant]:
    """Each metric below with its filter left out or its rows put together in another way; finer changes are for its own examples."""
    for leaf in {part.metric: part for part in logic.measured()}.values():
        coarse = [(other.operator, other.what, other.logic) for other in of_other_kinds(leaf)]
        if leaf.filter is not None:
            coarse.append(("filter dropped", "the whole filter is left out", leaf.model_copy(update={"filter": None})))
        for operator, what, changed in coarse:
            whole = _with_part(logic, leaf.metric, changed)
            yield Mutant(operator, f"in `{leaf.metric}` {what}", _field_of(logic, leaf.metric), whole)


def _with_part(logic: Logic, name: str, changed: Logic) -> Logic:
    if logic.metric == name:
        return changed
    return logic.model_copy(update={"parts": {each: _with_part(part, name, changed) for each, part in logic.parts.items()}})


def _field_of(logic: Logic, leaf: str) -> tuple[str, ...]:
    for field in ("numerator", "denominator"):
        name = getattr(logic, field)
        if name is not None and any(part.metric == leaf for part in logic.parts[name].measured()):
            return (_HOW, field)
    return (_HOW, "expression")


# which of them count


def _identity(logic: Logic) -> object:
    """What two mutants have in common when they compute the same."""
    variants = tuple(
        (code, variant.filter or logic.filter, variant.expression or logic.expression, variant.until)
        for code, variant in sorted(logic.variants.items())
        if (variant.filter or logic.filter, variant.expression or logic.expression) != (logic.filter, logic.expression)
    )
    parts = tuple((name, _identity(part)) for name, part in sorted(logic.parts.items()))
    return (logic.kind, logic.expression, logic.filter, logic.numerator, logic.denominator, variants, parts)


def _computes(logic: Logic) -> bool:
    """Whether types fit: a change that no engine would take is no mistake that could slip through."""
    if logic.parts:
        return all(_computes(part) for part in logic.parts.values())
    types = {} if logic.source is None else logic.source.columns
    texts = [(logic.filter, True), (logic.expression, False)]
    texts += [pair for variant in logic.variants.values() for pair in ((variant.filter, True), (variant.expression, False))]
    try:
        kinds = [(language.type_of(language.parse(text), types), condition) for text, condition in texts if text is not None]
    except language.ExpressionError:
        return False
    return all(kind is ColumnType.BOOLEAN for kind, condition in kinds if condition) and _numeric(logic, kinds)


def _numeric(logic: Logic, kinds: list[tuple[ColumnType, bool]]) -> bool:
    numbers = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE}
    return logic.kind not in ("sum", "average") or all(kind in numbers for kind, condition in kinds if not condition)
