"""Why a principal may not read something, in sentences that name the missing grant and whom to ask."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from governance.ledgers.query_refusal import RefusalCode
from governance.policy.given_columns import given_columns
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.access.evaluator import Access
    from governance.policy.grant import Grant
    from governance.policy.policy import Policy
    from governance.policy.relation import Relations


class AccessRefusedError(GovernanceError):
    """No grant gives a principal what it asked for; `code` is what the ledger of queries says of it."""

    def __init__(self, principal: str, what: str, message: str, *, hint: str, code: RefusalCode = RefusalCode.NO_GRANT) -> None:
        super().__init__(message, hint=hint)
        self.principal, self.what, self.code = principal, what, code


def known_principal(policy: Policy, principal: str, asked: str = "") -> None:
    """Refuse a principal that the policy does not know: nothing was ever given to it."""
    if principal in policy.principals:
        return
    what = f"`{asked}`" if asked else "anything"
    hint = did_you_mean(principal, policy.principals) or "declare it under `principals` in a file of policy/, and grant it something."
    if principal in policy.roles:
        hint = f"`{principal}` is a role; query as one of its members: {', '.join(sorted(policy.roles[principal].members)[:5])}."
    message = f"`{principal}` may not read {what}: the policy knows no such principal."
    raise AccessRefusedError(principal, asked, message, hint=hint, code=RefusalCode.UNKNOWN_PRINCIPAL)


def no_such_relation(principal: str, name: str, readable: Iterable[str]) -> AccessRefusedError:
    """Refuse what is not a published view: other tables of the lake are closed to every reader."""
    hint = (
        did_you_mean(name, readable)
        or f"published views are called like `views_jp.title_daily`; `ringi query --list --as {principal}` lists yours."
    )
    message = f"`{principal}` may not read `{name}`: it is not a published view."
    return AccessRefusedError(principal, name, message, hint=hint, code=RefusalCode.NO_RELATION)


def no_grant(policy: Policy, principal: str, relations: Relations, schema: str, view: str, at: dt.datetime) -> AccessRefusedError:
    """Refuse a published view that no grant gives at this instant."""
    name = f"{schema}.{view}"
    if not policy.may_enter(principal, relations.schemas.get(schema)):
        return _outside(policy, principal, name)
    reaching = {key: grant for key, grant in policy.given_to(principal).items() if grant.reaches(schema, view)}
    other_days = [_days(key, grant, at) for key, grant in sorted(reaching.items()) if not grant.holds(at)]
    message = f"`{principal}` may not read `{name}`: no grant gives it{' now' if other_days else ''}."
    return AccessRefusedError(principal, name, " ".join([message, *other_days]), hint=_ask(relations, view, principal))


def _outside(policy: Policy, principal: str, name: str) -> AccessRefusedError:
    country = policy.principals[principal].country
    message = f"`{principal}` may not read `{name}`: it belongs to the country {country} and reads nothing of any other."
    hint = f"no grant changes that; `country: {country}` of `{principal}` stands in a file of policy/."
    return AccessRefusedError(principal, name, message, hint=hint, code=RefusalCode.OTHER_COUNTRY)


def _days(name: str, grant: Grant, at: dt.datetime) -> str:
    if grant.valid_from is not None and at.astimezone(dt.UTC).date() < grant.valid_from:
        return f"The grant `{name}` begins on {grant.valid_from}."
    return f"The grant `{name}` ended before {grant.valid_until}."


def no_column(access: Access, relations: Relations, columns: Iterable[str]) -> AccessRefusedError:
    """Refuse columns of a relation of which the principal may see others."""
    names = ", ".join(f"`{name}`" for name in columns)
    relation = access.relation
    message = f"`{access.principal}` may not read {names} of `{relation.name}`: no grant gives that column."
    hint = _ask(relations, relation.view, access.principal)
    return AccessRefusedError(access.principal, relation.name, message, hint=hint, code=RefusalCode.NO_COLUMN)


def may_read(policy: Policy, principal: str, relations: Relations, schema: str, view: str, at: dt.datetime) -> bool:
    """Whether some grant that holds gives the principal a column of a declared view, be it for some rows only."""
    if not relations.has(schema, view) or not policy.may_enter(principal, relations.schemas[schema]):
        return False
    reaching = (grant for grant in policy.given_to(principal).values() if grant.holds(at) and grant.reaches(schema, view))
    return any(given_columns(grant, relations.classes_of(view)) for grant in reaching)


def reached(policy: Policy, principal: str, relations: Relations, at: dt.datetime) -> tuple[tuple[str, str], ...]:
    """Schema and view of everything declared that some grant of the principal names; it may yet give no column of it."""
    holding = [grant for grant in policy.given_to(principal).values() if grant.holds(at)]
    schemas = (schema for schema, country in relations.schemas.items() if policy.may_enter(principal, country))
    pairs = ((schema, view) for schema in schemas for view in relations.views_of(schema))
    return tuple(pair for pair in pairs if any(grant.reaches(*pair) for grant in holding))


def readable(policy: Policy, principal: str, relations: Relations, at: dt.datetime) -> tuple[tuple[str, str], ...]:
    """Schema and view of everything declared of which the principal may see something."""
    return tuple(pair for pair in reached(policy, principal, relations, at) if may_read(policy, principal, relations, *pair, at))


def _ask(relations: Relations, view: str, principal: str) -> str:
    declared = relations.views.get(view)
    owners = f" ({declared.owners.business}, {declared.owners.tech})" if declared is not None else ""
    return f"ask the owners of `{view}`{owners} for a grant in policy/; `ringi query --list --as {principal}` lists what it may read."
