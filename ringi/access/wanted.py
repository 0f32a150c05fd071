"""What the policy of an opened lake wants of the profile's account. Used by plans and drift."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError

if TYPE_CHECKING:
    from governance.lake_formation.compiling.wanted import Target, Wanted
    from governance.lake_formation.state import AccountState
    from governance.policy.policy import Policy
    from governance.policy.relation import Relations
    from ringi.lake import Lake


@dataclass(frozen=True)
class Meant:
    """The policy of a lake project, read without a blocking finding, with the relations it speaks of."""

    policy: Policy
    relations: Relations

    def wanted(self, target: Target, held: AccountState, at: dt.datetime) -> Wanted:
        """What it wants of an account at an instant; `held` says what is there to give."""
        from governance.lake_formation.compiling.compile import desired

        return desired(self.policy, self.relations, target, held, at)

    def holds_until(self, at: dt.datetime) -> dt.date | None:
        """The first day after an instant on which a grant begins or ends; None: it gives the same for ever."""
        today = at.astimezone(dt.UTC).date()
        ends = (day for grant in self.policy.grants.values() for day in (grant.valid_from, grant.valid_until))
        return min((day for day in ends if day is not None and day > today), default=None)


def meant(lake: Lake, today: dt.date) -> Meant:
    """The policy; raises CatalogError where a finding blocks a part of it, since a plan would take away what that part gives."""
    from governance.policy.policy import load
    from governance.policy.relation import Relations

    policy, findings = load(lake.root, lake.catalog, today=today)
    blocking = [finding for finding in findings if finding.blocks]
    if blocking:
        first = blocking[0]
        raise CatalogError(
            f"The policy has {len(blocking)} findings that block, so what it gives is not known: {first.code} in {first.place}: {first.message}",
            hint="run `ringi check` and mend them; a plan made now would take away what they were meant to give.",
        )
    return Meant(policy, Relations(lake.catalog))


def target_of(lake: Lake) -> Target:
    """The account of the profile as the compiler takes it; a UsageError for a lake on this machine."""
    from governance.lake_formation.compiling.wanted import Target

    settings = lake.config.aws
    if settings is None or lake.aws is None:
        raise UsageError(
            f"The profile `{lake.config.name}` is a lake on this machine: no account holds permissions for it, so there is nothing to plan.",
            hint="choose the profile of an account, such as `ringi --profile aws access plan`; here `ringi query` asks the policy itself, "
            "and `ringi access export` writes it for other engines.",
        )
    return Target(
        account=lake.aws.account_id,
        region=settings.region,
        pattern=settings.principal_identity,
        definer=settings.definer_role,
        job_roles=settings.job_roles,
        warehouse=settings.warehouse,
        registration_role=settings.registration_role,
        hybrid=settings.access == "hybrid",
        row_policies=settings.row_policies == "yes",
    )
