"""As whom an account knows the principals and the administrators of a policy; used by all that compiles a policy for an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.policy.identities import canonical, is_of_each_country

if TYPE_CHECKING:
    from governance.policy.policy import Policy

PLACE = "{principal}"
"""Stands for a principal's name in a profile's `principal_identity`."""


def identities_of(policy: Policy, principal: str, pattern: str | None = None) -> tuple[str, ...]:
    """The identities of a principal: those that it names, else the one of the profile's pattern; none without either.

    `pattern` is a profile's `principal_identity`, with `{principal}` in the place of the name. Empty for a principal that the
    policy does not know.
    """
    known = policy.principals.get(principal)
    if known is None:
        return ()
    if known.identities:
        return tuple(dict.fromkeys(canonical(each) for each in known.identities if not is_of_each_country(each)))
    return () if pattern is None else (canonical(pattern.replace(PLACE, principal)),)


def administrators_of(policy: Policy, pattern: str | None = None) -> tuple[str, ...]:
    """The identities of the administrators, which are written as principals or as identities; each once, in order."""
    found: list[str] = []
    for each in policy.administrators:
        found += identities_of(policy, each, pattern) if each in policy.principals else [canonical(each)]
    return tuple(dict.fromkeys(found))
