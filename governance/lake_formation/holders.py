"""Principals of a policy sorted by what they hold: those with the same grants and the same fence are compiled once.

Also who may not be given anything here: principals without an identity, and those whose identity stands for somebody else too, so
that a grant to one would silently reach another. Used by `compile.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.identities import identities_of
from governance.lake_formation.describe import who
from governance.lake_formation.effective import role_of
from governance.lake_formation.limits import IDENTITY_LENGTH
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from governance.lake_formation.wanted import Target
    from governance.policy import Policy


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


def known_identities(
    policy: Policy, found: tuple[Holders, ...], target: Target, reserved: frozenset[str]
) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """The identities of each principal, and a finding for each principal that is given nothing; `reserved` belong to the lake itself."""
    identities = {name: identities_of(policy, name, target.pattern) for each in found for name in each.principals}
    shared = _shared(found, identities)
    own = {role_of(identity) for identity in reserved}
    findings: list[Finding] = []
    for name in sorted(identities):
        problem = next(_problems(name, identities, shared, own, target), None)
        if problem is not None:
            findings.append(Finding(problem[0], policy.place_of("principals", name), problem[1], problem[2]))
            identities[name] = ()
    return identities, findings


def _shared(found: tuple[Holders, ...], identities: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Identities of several principals that do not hold the same, each with these principals."""
    by_identity: dict[str, dict[Key, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in found:
        for principal in each.principals:
            for identity in identities[principal]:
                by_identity[identity][each.grants, each.country].append(principal)
    return {
        identity: tuple(sorted(name for names in keys.values() for name in names))
        for identity, keys in by_identity.items()
        if len(keys) > 1
    }


def _problems(
    name: str, identities: Mapping[str, tuple[str, ...]], shared: Mapping[str, tuple[str, ...]], own: set[str], target: Target
) -> Iterator[tuple[str, str, str]]:
    """Why a principal can be given nothing: code, message, hint."""
    if not identities[name]:
        hint = "name its `identities`, or set `principal_identity` in the profile."
        yield "RNG-GOV-095", f"AWS does not know the principal `{name}`: it has no identity.", hint
    for identity in identities[name]:
        short = who(identity, target.account)
        if len(identity) > IDENTITY_LENGTH:
            message = f"The principal `{name}` has an identity of {len(identity)} characters; Lake Formation takes {IDENTITY_LENGTH}."
            yield "RNG-GOV-095", message, "give the role or group a shorter name or path."
        elif identity in shared:
            others = ", ".join(f"`{each}`" for each in shared[identity] if each != name)
            message = f"The principal `{name}` is {short} in AWS, and so is {others}, which holds other grants."
            yield "RNG-GOV-096", message, "give each its own identity, or give both the same grants; a grant to one reaches the other."
        elif role_of(identity) in own:
            message = f"The principal `{name}` is {short} in AWS, with which the lake itself works: it reads everything."
            yield "RNG-GOV-096", message, "give it an identity of its own."
        elif identity == target.account:
            message = f"The principal `{name}` is the account {identity} itself, which stands for everyone in it."
            yield "RNG-GOV-096", message, "name roles, users or groups."
