"""Readers that hold the same before and after a plan: what a step does to one of them, the same step does to each.

Of a thousand principals most belong to a team, and a team's members differ in nothing but their names. Used by `effects.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator

from governance.lake_formation.difference import Change
from governance.lake_formation.effective import EVERYBODY, role_of
from governance.lake_formation.state import IAM_ALLOWED, AccountState, Element, OptIn, Permission


class Alike:
    """Which readers of two states are alike."""

    def __init__(self, before: AccountState, after: AccountState) -> None:
        self._special = {name for state in (before, after) for name in _special(state)}
        held: dict[str, tuple[set[Hashable], set[Hashable]]] = defaultdict(lambda: (set(), set()))
        for number, state in enumerate((before, after)):
            for permission in state.permissions:
                held[permission.principal][number].add((permission.resource, permission.action, permission.grantable, permission.condition))
            for opt_in in state.opt_ins:
                held[opt_in.principal][number].add((opt_in.resource, opt_in.condition))
        self._newcomers = {principal for principal, (then, _) in held.items() if not then and not self._is_special(principal)}
        classes: dict[Hashable, int] = {}
        self._class = {
            principal: classes.setdefault((frozenset(then), frozenset(now)), len(classes))
            for principal, (then, now) in held.items()
            if not self._is_special(principal)
        }

    def key(self, change: Change) -> tuple[object, ...] | None:
        """Equal for the same step of readers that are alike; None for a step that is nobody's, or of a reader like no other."""
        before, after = change
        if before is None and type(after) is Permission:  # nearly all of them
            alike = self._class.get(after.principal)
            return None if alike is None else (alike, after.resource, after.action, after.grantable, after.condition)
        element = after if after is not None else before
        if not isinstance(element, Permission | OptIn):
            return None
        group = self._class.get(element.principal)
        return None if group is None else (group, _told(before), _told(after))

    def held_nothing(self, principal: str) -> bool:
        """Whether nothing but what everybody has was a reader's before."""
        return principal in self._newcomers

    def _is_special(self, principal: str) -> bool:
        return (
            principal == IAM_ALLOWED or principal.endswith(EVERYBODY) or principal in self._special or role_of(principal) in self._special
        )


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
