"""What the changes do to each metric: the fields of its meaning that differ, the keys they void, and who sees it.

Used by `compare`. A metric is touched by its own file and by everything that its meaning takes part of; both are found by
comparing the resolved meanings of the two versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metrics_catalog.diff import reach
from metrics_catalog.diff.audience import Audience
from metrics_catalog.diff.catalog_diff import BOTH, MetricEffect
from metrics_catalog.meaning import Meaning, UnresolvedError, resolve_all
from metrics_catalog.meaning_diff import Change, changes, facts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.person import Side

Resolved = dict[str, Meaning | UnresolvedError]


class Touched(NamedTuple):
    """A metric's effect, and the keys that each differing path of its meaning voids: what a file's change is looked up in."""

    effect: MetricEffect
    voids: dict[str, tuple[Side, ...]]


def touched_metrics(before: Catalog, after: Catalog, today: dt.date) -> Iterator[Touched]:
    """Every metric whose meaning differs, came or went, by name."""
    old, new = resolve_all(before), resolve_all(after)
    audience = Audience(before, after)
    for name in sorted(old.keys() | new.keys()):
        found = _touched(name, old, new, audience, today)
        if found is not None:
            yield found


def _touched(name: str, old: Resolved, new: Resolved, audience: Audience, today: dt.date) -> Touched | None:
    was, now = old.get(name), new.get(name)
    if isinstance(was, Meaning):
        if isinstance(now, Meaning):
            return None if _alike(was, now) else _changed(was, now, audience, today)
        return _ended(was, now, audience)
    return _begun(now, audience) if isinstance(now, Meaning) else None


def _alike(was: Meaning, now: Meaning) -> bool:
    return was.logic == now.logic and was.business == now.business and was.country_parts == now.country_parts


def _changed(was: Meaning, now: Meaning, audience: Audience, today: dt.date) -> Touched | None:
    differing = changes(was, now)
    if not differing:
        return None
    numbers = audience.of(was.metric, reach.numbers(was, now, today))
    words = audience.of(was.metric, reach.words(was, now))
    effect = MetricEffect(
        was.metric, was, now, _voids(differing), tuple(one.field for one in differing), numbers, words, audience.views(was.metric)
    )
    return Touched(effect, {one.field: one.voids for one in differing})


def _ended(was: Meaning, now: UnresolvedError | None, audience: Audience) -> Touched:
    """A metric that is gone, or whose meaning can no longer be told: no key covers it, whichever part of it is at fault."""
    everyone = audience.of(was.metric, was.logic.time_zones.keys())
    fault = now.message if now is not None else ""
    effect = MetricEffect(was.metric, was, None, BOTH, ("metric",), everyone, everyone, audience.views(was.metric), fault)
    return Touched(effect, dict.fromkeys(("metric", *facts(was)), BOTH))


def _begun(now: Meaning, audience: Audience) -> Touched:
    everyone = audience.of(now.metric, now.logic.time_zones.keys())
    effect = MetricEffect(now.metric, None, now, BOTH, ("metric",), everyone, everyone, audience.views(now.metric))
    return Touched(effect, dict.fromkeys(("metric", *facts(now)), BOTH))


def _voids(differing: tuple[Change, ...]) -> tuple[Side, ...]:
    return tuple(side for side in BOTH if any(side in one.voids for one in differing))
