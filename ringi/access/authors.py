"""Who wrote the change of the policy that a plan carries out, as far as git and people.yaml know; they turn no key over the plan.

The change is what happened below `policy/` since the commit whose plan was last applied to the account of the profile; where none was
yet, everything. A commit is of a person where its author, or a co-author, has the person's `email`, or the address that GitHub gives
to the person's login. Files that are not committed are of whoever makes the plan. Asked when a plan is written to a file; the plan
carries the names below its digest.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    from ringi.lake import Lake

POLICY = "policy"


def authors_of(lake: Lake, account: str) -> tuple[str, ...]:
    """Short names of people.yaml, sorted; empty where nobody is known."""
    from infra.local.git_history import is_uncommitted, own_address, writers

    people = lake.catalog.people
    is_open = is_uncommitted(lake.root, POLICY)
    addresses = writers(lake.root, POLICY, _applied_commit(lake, account))
    if is_open and (own := own_address(lake.root)):
        addresses |= {own}
    logins = {login for address in addresses if (login := _login(address))}
    found = {
        name
        for name, person in people.items()
        if (person.email or "").lower() in addresses or any(account.login.lower() in logins for account in person.github_accounts)
    }
    maker = os.environ.get("RINGI_ACTOR", "")
    if is_open and maker in people:
        found.add(maker)
    return tuple(sorted(found))


def _login(address: str) -> str | None:
    """The login in an address that GitHub writes for those who hide theirs, such as `123+emi@users.noreply.github.com`."""
    name, _, host = address.partition("@")
    return name.rpartition("+")[2] if host == "users.noreply.github.com" else None


def _applied_commit(lake: Lake, account: str) -> str | None:
    """The commit of the policy whose plan was last applied as a whole to the account."""
    from governance.ledgers.audit_line import Kind
    from jobs.ledgers import audit_ledger

    try:
        with lake.ledger_engine() as engine:
            rows = audit_ledger.read(lake.tables, engine, {Kind.ACCESS_APPLY})
    except RingiError:  # a lake that cannot be read tells nothing: then all of the policy counts as the change
        return None
    applied = [facts for facts in (json.loads(row.details) for row in rows) if facts.get("complete") and facts.get("account") == account]
    commits = [facts.get("policy_commit") for facts in applied]
    return commits[-1] if commits else None
