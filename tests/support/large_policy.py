"""A policy and an account of the size that access plans must bear: 204 countries, 20 views, 1,000 principals.

Four in five principals are country teams: they read their own country's views, some a part of the rows or columns. The others are
global: a few read everything, the rest one view or another in every country. Used by the benches and by tests of size.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from string import ascii_uppercase
from typing import Any

from governance.lake_formation.state import AccountState
from governance.policy.grant import Grant
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from metrics_catalog.source import Classification, ColumnType
from tests.support.access_account import Declared, account

COUNTRIES, VIEWS, PRINCIPALS = 204, 20, 1000
GLOBAL_SHARE = 5
"""One principal in so many is global."""

DIMENSIONS = {"viewing_country": ColumnType.STRING, "viewing_date": ColumnType.DATE, "title_id": ColumnType.STRING}
PERSONAL = "last_viewer_id"


@dataclass(frozen=True)
class Large:
    """A policy, what the catalog declares, and the account as it is before anything is granted."""

    policy: Policy
    declared: Declared
    held: AccountState


def codes(count: int) -> tuple[str, ...]:
    """Made-up country codes."""
    return tuple("".join(pair) for pair in product(ascii_uppercase, repeat=2))[:count]


def large(countries: int = COUNTRIES, views: int = VIEWS, principals: int = PRINCIPALS) -> Large:
    """The same arguments give the same values."""
    known = codes(countries)
    declared = Declared(known, {f"view_{number:02}": _columns(number) for number in range(views)}, {PERSONAL: Classification.PERSONAL})
    far = principals // GLOBAL_SHARE
    people = {f"global_{number:03}": Principal() for number in range(far)}
    teams = {
        f"team_{known[number % countries].lower()}_{number // countries}": known[number % countries] for number in range(principals - far)
    }
    people |= {name: Principal(country=code) for name, code in teams.items()}
    roles, grants = _of_countries(known, teams)
    more_roles, more = _global(tuple(name for name in people if name.startswith("global_")), views)
    policy = Policy(people, {**roles, **more_roles}, dict(sorted({**grants, **more}.items())))
    return Large(policy, declared, account(declared))


def _columns(number: int) -> dict[str, ColumnType]:
    metrics = {f"metric_{number:02}_{position}": ColumnType.DOUBLE for position in range(4)}
    return {**DIMENSIONS, "device_type": ColumnType.STRING, "plays": ColumnType.INTEGER, **metrics, PERSONAL: ColumnType.STRING}


def _of_countries(known: tuple[str, ...], teams: dict[str, str]) -> tuple[dict[str, Role], dict[str, Grant]]:
    """Each country's team reads its own views; its second member reads television alone, its third no device."""
    roles, grants = {}, {}
    for code in known:
        members = tuple(name for name, own in teams.items() if own == code)
        if not members:
            continue
        schema = f"views_{code.lower()}"
        roles[f"analysts_{code.lower()}"] = Role(members=tuple(name for name in members if name[-1] not in "12") or members)
        grants[f"own_{code.lower()}"] = _grant([f"analysts_{code.lower()}"], [f"{schema}.*"])
        for name in members:
            if name.endswith("_1"):
                grants[f"television_{code.lower()}"] = _grant([name], [f"{schema}.*"], rows="device_type = 'tv' AND plays > 10")
            elif name.endswith("_2"):
                grants[f"no_device_{code.lower()}"] = _grant([name], [f"{schema}.*"], columns={"exclude": ["device_type"]})
    return roles, grants


def _global(names: tuple[str, ...], views: int) -> tuple[dict[str, Role], dict[str, Grant]]:
    """One in ten reads everything; each of the others one view in all countries."""
    everything = names[::10]
    roles, grants = {"everything": Role(members=everything)}, {"everything": _grant(["everything"], ["*.*"])}
    for number in range(views):
        members = tuple(name for position, name in enumerate(names) if position % 10 and position % views == number)
        if members:
            roles[f"readers_{number:02}"] = Role(members=members)
            grants[f"view_{number:02}"] = _grant([f"readers_{number:02}"], [f"*.view_{number:02}"])
    return roles, grants


def _grant(to: list[str], views: list[str], **more: Any) -> Grant:
    return Grant.model_validate({"to": to, "views": views, "reason": "size", **more})
