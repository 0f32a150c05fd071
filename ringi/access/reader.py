"""Who a command of access asks about: a principal by its name in the policy, or as the account knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake_formation.reads.effective import role_of
from governance.policy.identities import canonical
from governance.policy.known_as import identities_of
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from governance.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Reader:
    """A principal's name in the policy (None: the policy does not know it) and its identities in the account."""

    name: str | None
    identities: tuple[str, ...]


def reader(policy: Policy, asked: str, pattern: str | None) -> Reader:
    """The principal that a person means; `pattern` is the profile's `principal_identity`.

    Raises UsageError for a name that the policy does not know and that is no identity.
    """
    if asked in policy.principals:
        return Reader(asked, identities_of(policy, asked, pattern))
    try:
        identity = canonical(role_of(asked))
    except ValueError as error:
        hint = did_you_mean(asked, policy.principals) or "name a principal of policy/, or an identity such as an IAM role's ARN."
        if asked in policy.roles:
            hint = f"`{asked}` is a role; ask about one of its members: {', '.join(policy.roles[asked].members[:5])}."
        raise UsageError(f"The policy knows no principal `{asked}`, and it is no identity of an account.", hint=hint) from error
    for name in policy.principals:
        found = identities_of(policy, name, pattern)
        if identity in found:
            return Reader(name, found)
    return Reader(None, (identity,))


def table_and_column(asked: str) -> tuple[str, str, str | None]:
    """Database, table and column of `views_jp.title_daily` or `views_jp.title_daily.plays`; a UsageError for anything else."""
    parts = asked.lower().split(".")
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"`{asked}` names no table.", hint="write `views_jp.title_daily`, or `views_jp.title_daily.plays` for one column.")
    return parts[0], parts[1], parts[2] if len(parts) == 3 else None
