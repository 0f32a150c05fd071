"""Permissions that imply one another, folded: the grantable of two, and ALL for what it is made of.

Used by `canonical.py` for what the API lists, and by `compile.py` for what is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.lake_formation.resource import Database, Resource, Table, TagPolicy
from governance.lake_formation.state import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL = "ALL"
TABLE_ACTIONS = frozenset({"SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"})
DATABASE_ACTIONS = frozenset({"ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})
"""What ALL is on a table and on a database: who holds every one of them holds ALL, and the API says so."""


def folded(found: Iterable[Permission]) -> tuple[Permission, ...]:
    """Permissions without those that others imply, in order of action: the grantable of two, and ALL for what it is made of."""
    held: dict[tuple[str, Resource, str | None], dict[str, bool]] = {}
    for each in found:
        actions = held.setdefault((each.principal, each.resource, each.condition), {})
        actions[each.action] = actions.get(each.action, False) or each.grantable
    return tuple(
        Permission(principal, on, action, grantable, condition)
        for (principal, on, condition), actions in held.items()
        for action, grantable in sorted(_folded_actions(on, actions).items())
    )


def _folded_actions(on: Resource, actions: Mapping[str, bool]) -> Mapping[str, bool]:
    """Actions with whether each may be handed on; ALL in the place of what it is made of."""
    parts = _parts_of_all(on)
    if ALL not in actions and not (parts and parts <= actions.keys()):
        return actions
    grantable = actions.get(ALL, False) or (bool(parts) and parts <= {each for each, may in actions.items() if may})
    left = {each: may for each, may in actions.items() if each not in parts or (may and not grantable)}
    return {**left, ALL: grantable}


def _parts_of_all(on: Resource) -> frozenset[str]:
    if isinstance(on, Table) or (isinstance(on, TagPolicy) and on.over == "TABLE"):
        return TABLE_ACTIONS
    if isinstance(on, Database) or (isinstance(on, TagPolicy) and on.over == "DATABASE"):
        return DATABASE_ACTIONS
    return frozenset()
