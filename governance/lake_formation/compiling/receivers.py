"""As whom principals are given their grants, and which of them can be given none.

Refused are principals without an identity, with one that Lake Formation cannot take, and with one that stands for somebody else
too, so that a grant to one would silently reach another. Used by `compile.py`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake_formation.describe import who
from governance.lake_formation.limits import IDENTITY_LENGTH, SHARING_WITH_ROLES
from governance.lake_formation.reads.ways import role_of
from governance.policy.known_as import identities_of
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance.lake_formation.compiling.holders import Holders
    from governance.lake_formation.compiling.wanted import Target
    from governance.lake_formation.state import Settings
    from governance.policy.policy import Policy

    Problem = tuple[str, str, str]
    """Code, message and hint of a finding."""


@dataclass(frozen=True)
class _Ground:
    """What the rules about one identity look things up in."""

    target: Target
    own: frozenset[str]
    """Roles with which the lake itself works, without their paths."""
    shared: Mapping[str, tuple[str, ...]]
    """Identities of principals that do not hold the same, with these principals."""
    sharing: int | None
    """The account's version of sharing with others, where it tells it."""


def receivers(
    policy: Policy, found: tuple[Holders, ...], target: Target, own: frozenset[str], settings: Settings
) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """The identities of each principal that holds something, none for one that can be given nothing; and why, as findings."""
    identities = {name: identities_of(policy, name, target.pattern) for each in found for name in each.principals}
    ground = _Ground(target, frozenset(map(role_of, own)), _shared(found, identities), _sharing(settings))
    findings: list[Finding] = []
    for name in sorted(identities):
        problem = _problem(name, identities[name], ground)
        if problem is not None:
            findings.append(Finding(problem[0], policy.place_of("principals", name), problem[1], problem[2]))
            identities[name] = ()
    return identities, findings


def can_opt_in(identity: str) -> bool:
    """Whether hybrid mode can be left to Lake Formation for an identity: roles and users of IAM alone."""
    return ":iam::" in identity and (":role/" in identity or ":user/" in identity) and ":saml-provider/" not in identity


def account_of(identity: str) -> str:
    """The account that an identity belongs to, or is; empty where it does not say."""
    parts = identity.split(":")
    return parts[4] if len(parts) > 4 else identity


def _shared(found: tuple[Holders, ...], identities: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    by_identity: dict[str, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in found:
        for principal in each.principals:
            for identity in identities[principal]:
                by_identity[role_of(identity)][each.grants, each.country].append(principal)
    several = ((identity, keys) for identity, keys in by_identity.items() if len(keys) > 1)
    return {identity: tuple(sorted(name for names in keys.values() for name in names)) for identity, keys in several}


def _sharing(settings: Settings) -> int | None:
    told = str((json.loads(settings.other).get("Parameters") or {}).get("CROSS_ACCOUNT_VERSION", ""))
    return int(told) if told.isdigit() else None


def _problem(name: str, identities: tuple[str, ...], ground: _Ground) -> Problem | None:
    """Why a principal can be given nothing, or None."""
    if not identities:
        hint = "name its `identities`, or set `principal_identity` in the profile."
        return "RNG-GOV-095", f"AWS does not know the principal `{name}`: it has no identity.", hint
    found = (rule(name, identity, ground) for identity in identities for rule in RULES)
    return next((each for each in found if each is not None), None)


def _length(name: str, identity: str, ground: _Ground) -> Problem | None:
    if len(identity) <= IDENTITY_LENGTH:
        return None
    message = f"The principal `{name}` has an identity of {len(identity)} characters; Lake Formation takes {IDENTITY_LENGTH}."
    return "RNG-GOV-095", message, "give the role or group a shorter name or path."


def _is_shared(name: str, identity: str, ground: _Ground) -> Problem | None:
    others = [f"`{each}`" for each in ground.shared.get(role_of(identity), ()) if each != name]
    if not others:
        return None
    message = f"The principal `{name}` is {who(identity, ground.target.account)} in AWS, and so is {', '.join(others)} with other grants."
    return "RNG-GOV-096", message, "give each its own identity, or give both the same grants; a grant to one reaches the other."


def _is_own(name: str, identity: str, ground: _Ground) -> Problem | None:
    if role_of(identity) not in ground.own:
        return None
    message = f"The principal `{name}` is {who(identity, ground.target.account)} in AWS, with which the lake itself works, past any policy."
    return "RNG-GOV-096", message, "give it an identity of its own."


def _is_the_account(name: str, identity: str, ground: _Ground) -> Problem | None:
    if identity != ground.target.account:
        return None
    message = f"The principal `{name}` is the account {identity} itself, which stands for everyone in it."
    return "RNG-GOV-096", message, "name roles, users or groups."


def _is_far(name: str, identity: str, ground: _Ground) -> Problem | None:
    """Only later versions of sharing reach a role or user of another account; earlier ones share with the account as a whole."""
    account, version = account_of(identity), ground.sharing
    if account in ("", ground.target.account, identity) or version is None or version >= SHARING_WITH_ROLES:
        return None
    message = f"The principal `{name}` is {who(identity, ground.target.account)}, and this account shares by version {version}, with whole accounts."
    return "RNG-GOV-095", message, f"set CROSS_ACCOUNT_VERSION of the data lake settings to {SHARING_WITH_ROLES} or more."


def _is_left_to_iam(name: str, identity: str, ground: _Ground) -> Problem | None:
    if not ground.target.hybrid or can_opt_in(identity):
        return None
    message = (
        f"The principal `{name}` is {who(identity, ground.target.account)}, which cannot be opted in: in hybrid mode IAM decides for it."
    )
    return "RNG-GOV-095", message, "name roles or users of IAM, or leave hybrid mode."


RULES: tuple[Callable[[str, str, _Ground], Problem | None], ...] = (_length, _is_shared, _is_own, _is_the_account, _is_far, _is_left_to_iam)
"""What an identity must keep, in the order in which it is told."""
