"""Making a plan: what the account holds of what Ringi manages, against what the policy wants there.

Ringi's policy is exclusive over what it manages: nobody reads what no policy gives. So whatever stands on a managed schema and is not
wanted is taken away by the plan, whoever put it there; it shows as a removal that narrows. Elsewhere nothing is touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.lake_formation.elements import database_of, digests, parts_of, sort_key
from governance.lake_formation.planning.difference import Change, Difference, difference
from governance.lake_formation.planning.effects import Counter, Effects
from governance.lake_formation.planning.plan import Plan, Step
from governance.lake_formation.planning.suspend import suspended
from governance.lake_formation.resource import Filter
from governance.lake_formation.state import AccountState, CellsFilter, Permission
from metrics_catalog.collection import rare_collection
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    from governance.lake_formation.compiling.wanted import Wanted

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Setting:
    """What a plan says of itself beside its steps; see the fields of `Plan`. `countries` are codes by database."""

    account: str = ""
    policy: str = ""
    at: dt.datetime = EPOCH
    made_at: dt.datetime = EPOCH
    holds_until: dt.date | None = None
    countries: Mapping[str, str] = field(default_factory=dict)


@rare_collection()
def plan(before: AccountState, wanted: Wanted, setting: Setting | None = None, counter: Counter | None = None) -> Plan:
    """The plan that turns what the account holds into what is wanted; `counter` counts what is newly visible, where it is given."""
    return _planned(difference(before, wanted), wanted.refused, setting or Setting(), counter)


def _planned(found: Difference, refused: tuple[Finding, ...], known: Setting, counter: Counter | None) -> Plan:
    before, after, changes = found.before, found.after, found.changes()
    effects = Effects(before, after, counter)
    steps = sorted((_step(change, effects, known.countries) for change in changes), key=_order)
    held = suspended(before, after, steps)
    parts = parts_of(element for change in changes for element in change if element is not None) | parts_of(held)
    return Plan(
        steps=tuple(steps),
        suspended=held,
        filters=_named_filters(steps, before, after),
        refused=(*refused, *found.refused),
        before=digests(before, parts),
        after=digests(after, parts),
        account=known.account,
        policy=known.policy,
        at=known.at,
        made_at=known.made_at,
        holds_until=known.holds_until,
    )


def _step(change: Change, effects: Effects, countries: Mapping[str, str]) -> Step:
    effect, shows = effects.of(change)
    element = change[1] if change[1] is not None else change[0]
    database = None if element is None else database_of(element)
    return Step(*change, effect, None if database is None else countries.get(database), shows)


def _named_filters(steps: Iterable[Step], before: AccountState, after: AccountState) -> tuple[CellsFilter, ...]:
    named = {
        element.resource
        for step in steps
        for element in (step.before, step.after)
        if isinstance(element, Permission) and isinstance(element.resource, Filter)
    }
    known = {Filter(each.database, each.table, each.name): each for state in (before, after) for each in state.filters}
    return tuple(sorted((known[on] for on in named if on in known), key=sort_key))


def _order(step: Step) -> str:
    """By country, principal and resource; one text, because comparing a quarter of a million tuples takes a second."""
    element = step.element
    return "\0".join((step.country or "", getattr(element, "principal", None) or "", *sort_key(element)))
