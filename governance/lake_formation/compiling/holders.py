"""Principals of a policy sorted by what they hold: those with the same grants and the same fence are compiled once.

Used by `compile.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from governance.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Holders:
    """Principals that hold the same: the names of their grants, in order, and their fence."""

    principals: tuple[str, ...]
    grants: tuple[str, ...]
    country: str | None


Key = tuple[tuple[str, ...], str | None]


def holders(policy: Policy, at: dt.datetime) -> tuple[Holders, ...]:
    """Every principal that holds a grant at an instant, sorted by what it holds."""
    held: dict[str, set[str]] = defaultdict(set)
    for name, grant in policy.grants.items():
        if grant.holds(at):
            for receiver in grant.to:
                role = policy.roles.get(receiver)
                for principal in (receiver,) if role is None else role.members:
                    held[principal].add(name)
    equal: dict[Key, list[str]] = defaultdict(list)
    for principal, grants in held.items():
        known = policy.principals.get(principal)
        if known is not None:
            equal[tuple(sorted(grants)), known.country].append(principal)
    return tuple(Holders(tuple(sorted(names)), *key) for key, names in equal.items())
