"""The policy as the state that an account should have: who gets which grants, filters, tags, opt-ins and settings.

Readers get tables one by one, never a wildcard, and only tables that are there. What Lake Formation cannot express is refused with
the place and the reason, and gives nothing. Work is shared: principals that hold the same are compiled once (`holders.py`), and so
is what one set of grants gives of a view that looks the same in many countries (`shape.py`). What belongs to nobody in
particular is in `standing.py`. Used by `ringi access` and by the publishing step, through `ringi/access`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from governance.lake_formation.api.canonical import folded
from governance.lake_formation.compiling import standing, tagging
from governance.lake_formation.compiling.holders import holders
from governance.lake_formation.compiling.managed import Managed
from governance.lake_formation.compiling.published import Published
from governance.lake_formation.compiling.readers import Readers
from governance.lake_formation.compiling.receivers import can_opt_in, receivers
from governance.lake_formation.compiling.wanted import Reads, Target, Wanted, saved_schema
from governance.lake_formation.state import AccountState
from governance.policy.known_as import identities_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from governance.lake_formation.compiling.published import Declares
    from governance.lake_formation.state import OptIn
    from governance.policy.policy import Policy
    from metrics_catalog.finding import Finding

__all__ = ["Reads", "Target", "Wanted", "desired"]

ROW_POLICIES = "row-policies"


def desired(policy: Policy, relations: Declares, target: Target, held: AccountState, at: dt.datetime) -> Wanted:
    """What the policy wants of an account at an instant.

    `held` is what the account has now: its tables, views and databases say what there is to grant on; of the rest, what the
    lake's own roles hold already is kept.
    """
    published = Published(relations, held)
    databases = _databases(relations, target, held)
    present, place = standing.place_of(target, held)
    defining = standing.definers(policy, target)
    own = frozenset({*defining, *(role.identity for role in target.job_roles)})
    found = holders(policy, at)
    identities, findings = receivers(policy, found, target, own, held.settings)
    readers = Readers(policy, published, at, row_policies=target.row_policies and ROW_POLICIES in held.features)
    for each in found:
        readers.add(each, identities)
    settings, more = standing.settings_of(policy, target, held)
    managed = Managed(frozenset(databases), target.warehouse, None if place is None else place.arn)
    tagging_on = target.tags or any(grant.through == "tags" for grant in policy.grants.values())
    lasting = chain(
        standing.defining(defining, published, held),
        standing.working(target.job_roles, databases),
        standing.locating(sorted(own), place),
        standing.kept(held, defining, target.job_roles, managed),
    )
    everyone = {one for name in policy.principals for one in identities_of(policy, name, target.pattern)} - own
    state = AccountState(
        permissions=frozenset(chain(folded(lasting), readers.found.permissions)),
        filters=frozenset(readers.found.filters),
        tags=tagging.tags(published.spots) if tagging_on else frozenset(),
        tagged=frozenset(tagging.tagged(published)) if tagging_on else frozenset(),
        opt_ins=_opt_ins(
            held, managed, standing.opting_in(sorted(filter(can_opt_in, everyone)), databases, target) if target.hybrid else ()
        ),
        registrations=frozenset() if place is None else frozenset({place, *standing.below(held, place, target)}),
        row_policies=frozenset(readers.found.row_policies),
        attachments=frozenset(readers.found.attachments),
        settings=settings,
        databases=held.databases,
        tables=held.tables,
        features=held.features,
        expressions=held.expressions,
    )
    findings += [*readers.found.findings.values(), *more, *standing.unchangeable(present, target, policy)]
    if tagging_on:
        findings += tagging.untaggable(published, policy.place_of("settings", "tags"))
    given = {name: identities[name] for name in sorted(identities) if identities[name]}
    waiting = tuple(sorted(readers.found.waiting))
    return Wanted(state, _in_order(findings), Reads(readers.found.reads), managed, databases, given, waiting)


def _databases(relations: Declares, target: Target, held: AccountState) -> tuple[str, ...]:
    """The lake's databases that are there."""
    named = {*relations.schemas, *map(saved_schema, relations.schemas), *target.own_databases}
    return tuple(sorted(named.intersection(held.databases)))


def _opt_ins(held: AccountState, managed: Managed, wanted: Iterable[OptIn]) -> frozenset[OptIn]:
    """Those that are there stay: taking one away would leave the decision to IAM."""
    return frozenset(chain(wanted, (each for each in held.opt_ins if managed(each))))


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.sort_key()))
