"""The account whose access the commands of a lake look at and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from infra.aws.lake_formation.account import LakeFormationAccount
    from ringi.lake import Lake


def account_of(lake: Lake) -> LakeFormationAccount:
    """The account of the profile; a UsageError for a lake on this machine, where the policy itself decides at each query."""
    if lake.aws is None:
        raise UsageError(
            f"The profile `{lake.config.name}` is a lake on this machine: no account holds permissions for it.",
            hint="choose the profile of an account, such as `ringi --profile aws access …`; here `ringi query` asks the policy itself.",
        )
    from infra.aws.lake_formation.account import LakeFormationAccount

    return LakeFormationAccount(lake.aws)
