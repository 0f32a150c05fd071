"""What belongs to no reader: the rights of definers and jobs, the registered place, opt-ins, administrators and defaults.

Used by `compile.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from governance.lake_formation.compiling.receivers import account_of
from governance.lake_formation.compiling.wanted import saved_schema
from governance.lake_formation.describe import who
from governance.lake_formation.limits import ADMINISTRATORS
from governance.lake_formation.reads.registered import Places, arn_of, path_of
from governance.lake_formation.resource import EVERY_TABLE, Database, Location, Table
from governance.lake_formation.state import OptIn, Permission, Registration, Settings
from governance.policy.known_as import administrators_of
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from governance.lake_formation.compiling.managed import Managed
    from governance.lake_formation.compiling.published import Published
    from governance.lake_formation.compiling.wanted import Target
    from governance.lake_formation.compiling.work import JobRole
    from governance.lake_formation.resource import Resource
    from governance.lake_formation.state import AccountState
    from governance.policy.policy import Policy


def definers(policy: Policy, target: Target) -> Mapping[str, frozenset[str] | None]:
    """With whose rights views read, each with the countries whose saved copies it reads (None: all)."""
    if not policy.definers:
        return {} if target.definer is None else {target.definer: None}
    found: dict[str, frozenset[str] | None] = {}
    for definer in policy.definers.values():
        countries = None if definer.countries == "all" else frozenset(definer.countries)
        for identity in definer.identities or ((target.definer,) if target.definer is not None else ()):
            before = found.get(identity, frozenset())
            found[identity] = None if before is None or countries is None else before | countries
    return found


def defining(reading: Mapping[str, frozenset[str] | None], published: Published, held: AccountState) -> Iterator[Permission]:
    """A definer reads whole saved copies and may hand that on; it makes the views over them."""
    for identity, countries in reading.items():
        spots = [spot for spot in published.spots if countries is None or spot.country in countries]
        for spot in spots:
            if spot.kind.copy is not None:
                yield Permission(identity, spot.on_copy, "SELECT", grantable=True)
        for schema in sorted({spot.schema for spot in spots}):
            yield Permission(identity, Database(schema), "CREATE_TABLE")
            for database in (schema, saved_schema(schema)):
                if database in held.databases:
                    yield Permission(identity, Database(database), "DESCRIBE")


def working(roles: Iterable[JobRole], databases: Sequence[str]) -> Iterator[Permission]:
    """Each job role does its work, and no other, with tables of later days too."""
    return chain.from_iterable(role.rights(databases) for role in roles)


def kept(held: AccountState, definers: Container[str], roles: Iterable[JobRole], managed: Managed) -> Iterator[Permission]:
    """What stays of what the lake's own roles hold already: the makers of tables hold everything on them, given by AWS at their making.

    A job role keeps that only where its work makes tables; what it holds elsewhere, or on all of a database, was given by hand or
    by an older plan, and is taken back to what its work needs.
    """
    jobs: dict[str, list[JobRole]] = defaultdict(list)
    for role in roles:
        jobs[role.identity].append(role)
    own = (each for each in held.permissions if each.principal in definers or each.principal in jobs)
    for each in filter(lambda each: managed.has(each.resource), own):  # an account holds hundreds of thousands of others'
        if each.principal in definers or _is_makers(each.resource, jobs[each.principal]):
            yield each


def _is_makers(on: Resource, roles: Iterable[JobRole]) -> bool:
    """Whether it is a single table, where one of the roles makes tables."""
    return isinstance(on, Table) and on.name != EVERY_TABLE and any(role.makes_tables(on.database) for role in roles)


def locating(identities: Iterable[str], place: Registration | None) -> Iterator[Permission]:
    """Who makes tables in the registered place."""
    if place is not None:
        for identity in identities:
            yield Permission(identity, Location(place.arn), "DATA_LOCATION_ACCESS")


def opting_in(identities: Iterable[str], databases: Iterable[str], target: Target) -> Iterator[OptIn]:
    """In hybrid mode IAM decides for everyone who is not opted in, so every reader is, everywhere in the lake, with grants or without."""
    named = tuple(databases)
    for identity in identities:
        for database in named:
            yield OptIn(identity, Table(database, EVERY_TABLE))
            if account_of(identity) != target.account:
                yield OptIn(identity, Database(database))


def place_of(target: Target, held: AccountState) -> tuple[Registration | None, Registration | None]:
    """The registration that the warehouse lies under, as it is (None: there is none) and as it should be."""
    if target.warehouse is None:
        return None, None
    present = Places(held.registrations).of(target.warehouse)
    if present is None:
        return None, Registration(arn_of(target.warehouse, target.partition), target.registration_role, target.hybrid)
    return present, replace(present, hybrid=target.hybrid) if _may_change(present, target) else present


def unchangeable(present: Registration | None, target: Target, policy: Policy) -> Iterator[Finding]:
    """A place that is not the lake's alone, or that the service-linked role reads, is not moved in or out of hybrid mode."""
    if present is not None and present.hybrid is not target.hybrid and not _may_change(present, target):
        mode = "in hybrid mode" if present.hybrid else "not in hybrid mode"
        linked = present.role is None
        why = "is read by the service-linked role, which cannot be changed" if linked else "holds more than this lake"
        hint = "register the lake's own folder with a role of your own at a time when nobody reads: in between, IAM alone may decide."
        yield Finding("RNG-GOV-098", policy.place_of("settings", "hybrid"), f"The place {present.arn} is {mode}; it {why}.", hint)


def _may_change(present: Registration, target: Target) -> bool:
    return present.role is not None and target.warehouse is not None and path_of(present.arn) == path_of(target.warehouse)


def below(held: AccountState, place: Registration, target: Target) -> Iterator[Registration]:
    """Registered places below the lake's: they are nearer to some tables, so they follow it in and out of hybrid mode."""
    for each in held.registrations:
        if each.arn != place.arn and f"{path_of(each.arn)}/".startswith(f"{path_of(target.warehouse or '')}/"):
            yield each if each.role is None else replace(each, hybrid=target.hybrid)


def settings_of(policy: Policy, target: Target, held: AccountState) -> tuple[Settings, list[Finding]]:
    """Administrators as the policy says (where it names none, as they are), nothing given by default, all else as it is."""
    named = tuple(sorted(administrators_of(policy, target.pattern)))
    present = held.settings
    found = replace(present, database_defaults=(), table_defaults=())
    if not named:
        return found, []
    if len(named) > ADMINISTRATORS:
        message = f"The policy names {len(named)} administrators ({', '.join(who(each, target.account) for each in named[:3])}, …)."
        hint = f"Lake Formation takes {ADMINISTRATORS}; the account keeps those it has until fewer are named."
        return found, [Finding("RNG-GOV-097", policy.place_of("settings", "administrators"), message, hint)]
    return replace(found, administrators=named), []
