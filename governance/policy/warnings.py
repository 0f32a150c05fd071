"""Warnings about grants that are sound and yet give nothing, now or soon: ended ones, and those whose all others already give.

The second kind often hides a mistake: a row condition that was meant to narrow what a wider grant gives, which no grant can
do. Used by `policy.load`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.policy.given_columns import given_columns
from governance.policy.masks import RANKS
from metrics_catalog.expression import canonical, parse
from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from governance.policy.grant import Grant
    from governance.policy.ground import Ground
    from governance.policy.names import Entry

SOON = dt.timedelta(days=30)
"""How long before its end a grant is told of."""


def ending(entries: Sequence[Entry[Grant]], today: dt.date) -> Iterator[Finding]:
    """Grants whose days are over, or soon will be."""
    for entry in entries:
        end = entry.model.valid_until
        if end is None or end > today + SOON:
            continue
        if end <= today:
            message = f"The grant `{entry.name}` ended: it holds until {end} and gives nothing since."
            yield Finding("RNG-GOV-038", entry.place("valid_until"), message, "delete it, or give it later days.", Severity.WARNING)
        else:
            days = (end - today).days
            message = f"The grant `{entry.name}` ends in {days} {'day' if days == 1 else 'days'}: {end} is the first without it."
            hint = "give it a later day if it is still needed; else let it end, and delete it then."
            yield Finding("RNG-GOV-087", entry.place("valid_until"), message, hint, Severity.WARNING)


def shadowed(entries: Sequence[Entry[Grant]], ground: Ground) -> dict[str, Finding]:
    """Grants, by name, of which every receiver already has all through another one; of two equal grants, the later by name."""
    receivers = {entry.name: receivers_of(entry.model, ground) for entry in entries}
    by_receiver: dict[str, list[Entry[Grant]]] = {}
    for entry in entries:
        for receiver in receivers[entry.name]:
            by_receiver.setdefault(receiver, []).append(entry)
    found: dict[str, Finding] = {}
    for entry in entries:
        wider = [
            next((other for other in by_receiver[receiver] if _covers(other, entry, receivers, ground)), None)
            for receiver in sorted(receivers[entry.name])
        ]
        if wider and all(wider) and wider[0] is not None:
            message = f"The grant `{entry.name}` adds nothing: `{wider[0].name}` already gives all of it."
            hint = "grants add up and never narrow one another; narrow the wider one, or delete this one."
            found[entry.name] = Finding("RNG-GOV-039", entry.place_of_name(), message, hint, Severity.WARNING)
    return found


def receivers_of(grant: Grant, ground: Ground) -> frozenset[str]:
    """Principals that receive it, themselves or through a role."""
    return frozenset(member for name in grant.to for member in ground.parts.members.get(name, ()))


def _covers(wide: Entry[Grant], narrow: Entry[Grant], receivers: Mapping[str, frozenset[str]], ground: Ground) -> bool:
    """Whether one grant gives a receiver they share everything that the other gives."""
    if wide is narrow or not _gives_all(wide.model, narrow.model, ground):
        return False
    equal = receivers[wide.name] == receivers[narrow.name] and _gives_all(narrow.model, wide.model, ground)
    return not equal or wide.name < narrow.name


def _gives_all(wide: Grant, narrow: Grant, ground: Ground) -> bool:
    """Whether one grant gives at least the places, days, rows and columns of the other."""
    if not reaches_all(wide, narrow):
        return False
    classes = (ground.relations.classes_of(view) for view in ground.views_of(narrow))
    return all(_columns_cover(wide, narrow, given_columns(wide, each), given_columns(narrow, each)) for each in classes)


def _columns_cover(wide: Grant, narrow: Grant, wider: frozenset[str], narrower: frozenset[str]) -> bool:
    return narrower <= wider and all(clearness(wide, name) <= clearness(narrow, name) for name in narrower)


def clearness(grant: Grant, column: str) -> int:
    """How much of a column's values is shown; the less, the more. Clear is less than any mask."""
    return RANKS[grant.masks[column]] if column in grant.masks else -1


def reaches_all(wide: Grant, narrow: Grant) -> bool:
    """Whether one grant gives something of at least the places, days and rows of the other."""
    return _places_cover(wide, narrow) and _days_cover(wide, narrow) and _rows_cover(wide, narrow)


def _places_cover(wide: Grant, narrow: Grant) -> bool:
    return all(any(_pattern_covers(outer, inner) for outer in wide.views) for inner in narrow.views)


def _pattern_covers(outer: str, inner: str) -> bool:
    pairs = zip(outer.split("."), inner.split("."), strict=True)
    return all(left in ("*", right) for left, right in pairs)


def _days_cover(wide: Grant, narrow: Grant) -> bool:
    first, last = dt.date.min, dt.date.max
    return (wide.valid_from or first) <= (narrow.valid_from or first) and (narrow.valid_until or last) <= (wide.valid_until or last)


def _rows_cover(wide: Grant, narrow: Grant) -> bool:
    if wide.rows is None:
        return True
    return narrow.rows is not None and canonical(parse(wide.rows)) == canonical(parse(narrow.rows))
