"""What differs between an account and what is wanted there, of all that Ringi manages: sets of elements, paired into changes.

Made by `planning.py`. Sets are kept by collection, since an account may hold hundreds of thousands of permissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from governance.lake_formation.elements import COLLECTIONS, place, sort_key, table_of
from governance.lake_formation.resource import Columns, Table, TagPolicy
from governance.lake_formation.state import AccountState, Element, Permission, Registration, Tag
from metrics_catalog.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from governance.lake_formation.compiling.wanted import Wanted

Change = tuple[Element | None, Element | None]
"""What is there before and after."""


@dataclass(frozen=True)
class Difference:
    """What goes and what comes, by collection; `refused` are changes that cannot be made safely, and are in neither."""

    before: AccountState
    after: AccountState
    gone: dict[str, set[Any]]
    come: dict[str, set[Any]]
    refused: tuple[Finding, ...]

    def changes(self) -> tuple[Change, ...]:
        """Each change once: what stands in the place of something else is one, and so is SELECT on other columns of a table."""
        found = [change for name in COLLECTIONS for change in _paired(self.come[name], self.gone[name])]
        if self.before.settings != self.after.settings:
            found.append((self.before.settings, self.after.settings))
        return tuple(found)


def difference(before: AccountState, wanted: Wanted) -> Difference:
    """What the account holds and nobody wants goes, where it is managed; what is wanted and not there comes."""
    gone: dict[str, set[Any]] = {}
    come: dict[str, set[Any]] = {}
    for name in COLLECTIONS:
        there, aim = getattr(before, name), getattr(wanted.state, name)
        come[name] = set(aim - there)
        gone[name] = {element for element in there - aim if wanted.managed(element)}
    gone["permissions"] |= _lost(before.permissions - wanted.state.permissions, come["tags"], gone["tags"])
    refused = _without_unsafe(come["registrations"], gone["registrations"])
    held = {
        name: getattr(before, name) - gone[name] | come[name] if gone[name] else getattr(before, name) | come[name] for name in COLLECTIONS
    }
    return Difference(before, replace(before, settings=wanted.state.settings, **held), gone, come, refused)


def _without_unsafe(come: set[Registration], gone: set[Registration]) -> tuple[Finding, ...]:
    """A place that the service-linked role reads cannot be edited; taken off and registered anew, IAM alone would decide meanwhile."""
    by_arn = {each.arn: each for each in gone}
    unsafe = [each for each in come if each.arn in by_arn and (each.role is None or by_arn[each.arn].role is None)]
    come.difference_update(unsafe)
    gone.difference_update([by_arn[each.arn] for each in unsafe])
    return tuple(
        Finding(
            "RNG-GOV-101",
            Place("ringi.toml"),
            f"The registration of `{each.arn}` would have to change, and AWS cannot change one that uses the service-linked role.",
            "register the place with a role of your own, at a time when nobody reads, or leave the profile as the account is.",
            Severity.WARNING,
        )
        for each in sorted(unsafe, key=sort_key)
    )


def _lost(permissions: Iterable[Permission], come: set[Tag], go: set[Tag]) -> set[Permission]:
    """Permissions that a deleted tag, or a deleted value of one, takes with it: AWS does not say so, the plan does."""
    staying = {each.key: set(each.values) for each in come}
    gone = {each.key: set(each.values) - staying.get(each.key, set()) for each in go}
    return {
        permission
        for permission in (permissions if gone else ())
        if isinstance(permission.resource, TagPolicy)
        and any(set(values) <= gone.get(key, set()) for key, values in permission.resource.expression)
    }


def _paired(come: set[Any], go: set[Any]) -> Iterator[Change]:
    if not go:
        yield from ((None, element) for element in come)
        return
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
