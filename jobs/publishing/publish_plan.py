"""What must be published, as a value: for each view the countries whose saved copies are older than their facts.

Follows from the facts' own snapshots and from the publication ledger, so publishing that was cut off is planned again. Walked by
`publish.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.facts import gold
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.facts.gold import Change, GoldState
    from jobs.facts.run_plan import WantedView
    from jobs.ledgers.published import Publication
    from jobs.table import Tables


@dataclass(frozen=True, slots=True)
class ViewPublication:
    """What is to be published of one view: the countries whose copies are older than their facts."""

    wanted: WantedView
    head: GoldState
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """All copies to write, and the copies (view, country) that nobody may read any more."""

    views: tuple[ViewPublication, ...]
    withdrawn: tuple[tuple[str, str], ...]
    current: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Countries with a copy, old or to be written, by view."""

    @property
    def is_empty(self) -> bool:
        """Whether every copy is as its facts are."""
        return not self.views and not self.withdrawn


def plan(
    tables: Tables, wanted: Sequence[WantedView], last: Mapping[tuple[str, str], Publication], left: Callable[[str], bool]
) -> PublicationPlan:
    """Which saved copies are out of date, and which ones nobody may read any more; nothing is said of views that are `left` alone."""
    views, current = [], {}
    for each in wanted:
        states = list(gold.lineage(tables, each.contract.name))
        if not states:
            continue
        past = gold.past(states)
        newest = _newest_change(past)
        current[each.contract.name] = tuple(code for code in each.countries if code in newest)
        stale = tuple(code for code in current[each.contract.name] if _is_stale(tables, each, code, past, newest[code], last))
        if stale:
            views.append(ViewPublication(each, states[0], stale))
    kept = {(name, code) for name, codes in current.items() for code in codes}
    withdrawn = tuple(sorted(key for key, held in last.items() if not held.withdrawn and key not in kept and not left(key[0])))
    return PublicationPlan(tuple(views), withdrawn, current)


def _newest_change(past: Sequence[Change]) -> dict[str, int]:
    """For each country the place (0: newest) of the last snapshot that changed its facts."""
    newest: dict[str, int] = {}
    for place, change in enumerate(past):
        for code in change.touched:
            newest.setdefault(code, place)
    return newest


def _is_stale(
    tables: Tables, wanted: WantedView, code: str, past: Sequence[Change], changed: int, last: Mapping[tuple[str, str], Publication]
) -> bool:
    held = last.get((wanted.contract.name, code))
    if held is None or held.withdrawn:
        return True
    place = next((place for place, change in enumerate(past) if change.snapshot_id == held.gold_snapshot), None)
    if place is None or place > changed:
        return True
    name = saved_name(code, wanted.contract.name)
    return name not in tables.names(name.rpartition(".")[0])
