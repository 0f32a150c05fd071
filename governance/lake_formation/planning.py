"""Making a plan: what the account holds of what Ringi manages, against what the policy wants there.

Ringi's policy is exclusive over what it manages: nobody reads what no policy gives. So whatever stands on a managed schema and is not
wanted is taken away by the plan, whoever put it there; it shows as a removal that narrows. Elsewhere nothing is touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from governance.lake_formation.effects import Change, Counter, Effects
from governance.lake_formation.elements import database_of, digests, elements, of_elements, part_of, place, sort_key, table_of
from governance.lake_formation.plan import Effect, Plan, Step
from governance.lake_formation.resource import Columns, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    AccountState,
    CellsFilter,
    Element,
    Permission,
    Registration,
    Tag,
)
from governance.lake_formation.suspend import suspended
from metrics_catalog.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from governance.lake_formation.wanted import Wanted

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


def plan(before: AccountState, wanted: Wanted, setting: Setting | None = None, counter: Counter | None = None) -> Plan:
    """The plan that turns what the account holds into what is wanted; `counter` counts what is newly visible, where it is given."""
    known = setting or Setting()
    asked = tuple(_changes(before, wanted))
    refused = tuple(finding for change in asked if (finding := _unsafe(change)))
    changes = tuple(change for change in asked if not _unsafe(change))
    after = _after(before, changes)
    effects = Effects(before, after)
    steps = sorted((_step(change, effects, known, counter) for change in changes), key=_order)
    parts = {part_of(element) for change in changes for element in change if element is not None}
    held = suspended(before, after, steps)
    parts |= {part_of(permission) for permission in held}
    return Plan(
        steps=tuple(steps),
        suspended=held,
        filters=_named_filters(steps, before, after),
        refused=(*wanted.refused, *refused),
        before=digests(before, parts),
        after=digests(after, parts),
        account=known.account,
        policy=known.policy,
        at=known.at,
        made_at=known.made_at,
        holds_until=known.holds_until,
    )


def _changes(before: AccountState, wanted: Wanted) -> Iterator[Change]:
    there, aim = set(elements(before)), set(elements(wanted.state))
    come = aim - there
    go = {element for element in there - aim if wanted.managed(element) or element == before.settings}
    go |= _lost(before.permissions - wanted.state.permissions, come, go)
    return _paired(come, go)


def _unsafe(change: Change) -> Finding | None:
    """A place that the service-linked role reads cannot be edited; taken off and registered anew, IAM alone would decide meanwhile."""
    old, new = change
    if not (isinstance(old, Registration) and isinstance(new, Registration)) or (old.role is not None and new.role is not None):
        return None
    return Finding(
        "RNG-GOV-101",
        Place("ringi.toml"),
        f"The registration of `{new.arn}` would have to change, and AWS cannot change one that uses the service-linked role.",
        "register the place with a role of your own, at a time when nobody reads, or leave the profile as the account is.",
        Severity.WARNING,
    )


def _lost(permissions: Iterable[Permission], come: set[Element], go: set[Element]) -> set[Permission]:
    """Permissions that a deleted tag, or a deleted value of one, takes with it: AWS does not say so, the plan does."""
    staying = {each.key: set(each.values) for each in come if isinstance(each, Tag)}
    gone = {each.key: set(each.values) - staying.get(each.key, set()) for each in go if isinstance(each, Tag)}
    return {
        permission
        for permission in (permissions if gone else ())
        if isinstance(permission.resource, TagPolicy)
        and any(set(values) <= gone.get(key, set()) for key, values in permission.resource.expression)
    }


def _paired(come: set[Element], go: set[Element]) -> Iterator[Change]:
    """What stands in the place of something else is one change; so is SELECT on other columns of the same table."""
    by_place = {place(element): element for element in go}
    by_table = {key: element for element in go if (key := _selects(element)) is not None}
    used: set[Element] = set()
    for element in sorted(come, key=sort_key):
        old = by_place.get(place(element)) or by_table.get(_selects(element) or ())
        if old is None or old in used:
            yield None, element
            continue
        used.add(old)
        yield old, element
    for element in go - used:
        yield element, None


def _selects(element: Element) -> tuple[object, ...] | None:
    if isinstance(element, Permission) and element.action == "SELECT" and isinstance(element.resource, Table | Columns):
        return element.principal, table_of(element.resource), element.condition
    return None


def _after(before: AccountState, changes: Iterable[Change]) -> AccountState:
    pairs = tuple(changes)
    go = {old for old, _ in pairs if old is not None}
    come = {new for _, new in pairs if new is not None}
    return of_elements(before, (set(elements(before)) - go) | come)


def _step(change: Change, effects: Effects, setting: Setting, counter: Counter | None) -> Step:
    step = Step(*change, effects.of(change))
    country = setting.countries.get(database_of(step.element) or "")
    shows = effects.shows(change, counter) if counter is not None and step.effect is Effect.WIDENS else None
    return replace(step, country=country, shows=shows)


def _named_filters(steps: Iterable[Step], before: AccountState, after: AccountState) -> tuple[CellsFilter, ...]:
    named = {
        element.resource
        for step in steps
        for element in (step.before, step.after)
        if isinstance(element, Permission) and isinstance(element.resource, Filter)
    }
    known = {Filter(each.database, each.table, each.name): each for state in (before, after) for each in state.filters}
    return tuple(sorted((known[on] for on in named if on in known), key=sort_key))


def _order(step: Step) -> tuple[object, ...]:
    return step.country or "", step.principal or "", sort_key(step.element)
