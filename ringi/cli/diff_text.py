"""A diff as text for a terminal: one block a file, then who is touched."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from metrics_catalog.comparable import comparability, in_words
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metrics_catalog.diff.catalog_diff import CatalogDiff, FieldChange, MetricEffect

MOST = 12
"""More names than these are counted, not listed."""


def text(diff: CatalogDiff) -> str:
    """The whole text."""
    if not diff.changes:
        return "No definition changed.\n"
    lines = [line for file, changes in groupby(diff.changes, key=lambda change: change.file) for line in _file(file, list(changes))]
    return "\n".join([*lines, *_touched(diff)]) + "\n"


def _file(file: str, changes: Sequence[FieldChange]) -> Iterator[str]:
    yield file
    for change in changes:
        yield f"  {_sign(change)} {change.sentence}"
        yield f"    {change.field} ({change.field_class.value}): {_voids(change)}"
    yield ""


def _sign(change: FieldChange) -> str:
    return "+" if change.before is None else "-" if change.after is None else "~"


def _voids(change: FieldChange) -> str:
    others = [name for name in change.voided if name != change.metric]
    of = f" of {_names(change.voided)}" if change.metric is None else f", also of {_names(others)}" if others else ""
    if not change.voids:
        return "voids no key"
    if change.field == "metric" and change.before is None:
        return "needs both keys"
    return f"voids {'both keys' if len(change.voids) == 2 else _key(change.voids[0])}{of}"


def _key(side: Side) -> str:
    return f"the {'Tech' if side is Side.TECH else 'Business'} key"


def _touched(diff: CatalogDiff) -> Iterator[str]:
    yield f"Metrics    {_names(diff.metrics) or 'none'}"
    for effect in diff.effects:
        if effect.fault:
            yield f"           {effect.metric} has no meaning any more: {effect.fault}"
    yield f"Views      {_names(diff.views) or 'none'}"
    yield f"Countries  {_codes(diff.countries, diff)}"
    for effect in diff.effects[:MOST]:
        yield f"           {_per_country(effect, diff)}"
        yield from (f"             comparable {line}" for line in _comparable(effect, diff))


def _per_country(effect: MetricEffect, diff: CatalogDiff) -> str:
    parts = [f"{kind} of {_codes(codes, diff)}" for kind, codes in (("numbers", effect.numbers), ("words", effect.words)) if codes]
    return f"{effect.metric}: {'; '.join(parts) or 'no number and no word'}"


def _comparable(effect: MetricEffect, diff: CatalogDiff) -> list[str]:
    """Which countries can be compared, where that changes."""
    if effect.after is None:
        return []
    now = list(in_words(comparability(effect.after.logic, diff.after.metrics, diff.today), effect.metric))
    if effect.before is None:
        return now
    then = list(in_words(comparability(effect.before.logic, diff.before.metrics, diff.today), effect.metric))
    return [] if then == now else [f"{now[0]}; at the base {then[0]}", *now[1:]]


def _codes(codes: Sequence[str], diff: CatalogDiff) -> str:
    """Countries, told by those left out where these are the fewer."""
    left_out = sorted(diff.after.countries.keys() - set(codes))
    if len(codes) <= MOST or len(left_out) > MOST:
        return _names(codes) or "none"
    return f"all {len(diff.after.countries)} countries{f' but {_names(left_out)}' if left_out else ''}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST else f"{', '.join(names[:MOST])} and {len(names) - MOST} more"
