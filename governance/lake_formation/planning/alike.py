"""Readers that hold the same before and after a plan: what a step does to one of them, the same step does to each.

Of a thousand principals most belong to a team, and a team's members differ in nothing but their names. Used by `effects.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from governance.lake_formation.planning.difference import Change
from governance.lake_formation.reads.effective import EVERYBODY, role_of
from governance.lake_formation.state import IAM_ALLOWED, AccountState, Element, OptIn, Permission


class Alike:
    """Which readers of two states are alike. Only those that are asked about are looked at."""

    def __init__(self, before: AccountState, after: AccountState) -> None:
        self._special = {name for state in (before, after) for name in _special(state)}
        self._then, self._now = _by_principal(before), _by_principal(after)
        self._numbers: dict[Hashable, int] = {}
        self._classes: dict[str, int | None] = {}

    def _class(self, principal: str) -> int | None:
        """A number that is the same for readers that are alike; None for a reader like no other."""
        if principal not in self._classes:
            self._classes[principal] = None if self._is_special(principal) else self._numbered(principal)
        return self._classes[principal]

    def _numbered(self, principal: str) -> int:
        ends = tuple(frozenset(_told(each) for each in held.get(principal, ())) for held in (self._then, self._now))
        return self._numbers.setdefault(ends, len(self._numbers))

    def held(self, principal: str) -> tuple[Sequence[Element], Sequence[Element]]:
        """The permissions and opt-ins of a principal, before and after."""
        return self._then.get(principal, ()), self._now.get(principal, ())

    def key(self, change: Change) -> tuple[object, ...] | None:
        """Equal for the same step of readers that are alike; None for a step that is nobody's, or of a reader like no other."""
        before, after = change
        if before is None and type(after) is Permission:  # nearly all of them
            alike = self._class(after.principal)
            return None if alike is None else (alike, after.resource, after.action, after.grantable, after.condition)
        element = after if after is not None else before
        if not isinstance(element, Permission | OptIn):
            return None
        group = self._class(element.principal)
        return None if group is None else (group, _told(before), _told(after))

    def held_nothing(self, principal: str) -> bool:
        """Whether nothing but what everybody has was a reader's before."""
        return principal not in self._then and self._class(principal) is not None

    def _is_special(self, principal: str) -> bool:
        return (
            principal == IAM_ALLOWED or principal.endswith(EVERYBODY) or principal in self._special or role_of(principal) in self._special
        )


def _by_principal(state: AccountState) -> dict[str, list[Element]]:
    held: dict[str, list[Element]] = defaultdict(list)
    for permission in state.permissions:
        held[permission.principal].append(permission)
    for opt_in in state.opt_ins:
        held[opt_in.principal].append(opt_in)
    return dict(held)


def _told(element: Element | None) -> Hashable:
    """An element without whose it is."""
    if isinstance(element, Permission):
        return element.resource, element.action, element.grantable, element.condition
    return (element.resource, element.condition) if isinstance(element, OptIn) else None


def _special(state: AccountState) -> Iterator[str]:
    """Who reads by what it is, not by what it holds: administrators, definers, makers of tables, and those that row policies name."""
    yield from state.settings.administrators
    yield from (each.principal for each in state.attachments if each.principal is not None)
    for table in state.tables.values():
        yield from (table.definer,) if table.definer is not None else ()
        yield from (role_of(table.created_by),) if table.created_by is not None else ()
