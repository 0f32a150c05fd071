"""The audit ledger of an opened lake: what runs and maintenance write there by themselves. Read by `ringi/audit/listing.py`.

Used by `ringi run` and `ringi maintain` while they hold the lake; access and erasure record their own lines.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.gate.gate import Certification
    from governance.ledgers.audit_line import Detail
    from governance.ledgers.query_chain import Link
    from jobs.engine import Engine
    from jobs.maintain.policy import MaintenancePolicy
    from ringi.lake import Lake

QUERIES = "queries"
"""The ledger of queries, which is no table, in the lines of the audit ledger."""


def record_run(lake: Lake, engine: Engine, gate: Certification, now: dt.datetime) -> None:
    """Write down the keys that this run sees for the first time, and once a day where each ledger stands."""
    from governance.gate.audit_approvals import approval_lines
    from jobs.ledgers import audit_ledger

    audit_ledger.seal(lake.tables, engine, chains(lake), now, once_a_day=True)
    audit_ledger.record_new(lake.tables, engine, approval_lines(gate, now))


def seal(lake: Lake, engine: Engine, now: dt.datetime) -> int:
    """Write down where each ledger stands now; returns how many have moved since they were written down last."""
    from jobs.ledgers import audit_ledger

    return audit_ledger.seal(lake.tables, engine, chains(lake), now)


def forget_queries(lake: Lake, engine: Engine, policy: MaintenancePolicy, now: dt.datetime, *, dry_run: bool) -> int:
    """Remove days of the ledger of queries that are older than the policy keeps; returns how many.

    Where the chain stands after them is written to the audit ledger first, so that `ringi audit verify` knows what the days that
    are left follow.
    """
    from governance.ledgers.audit_line import AuditLine, Kind
    from jobs.ledgers import audit_ledger
    from ringi.query.answering import query_ledger

    if lake.config.aws is not None:
        return 0
    queries = query_ledger(lake)
    days, link = queries.days_before((now - dt.timedelta(days=policy.keep_queries_days)).date())
    if days and not dry_run:
        details: dict[str, Detail] = {
            "number": link.number,
            "head": link.hash,
            "day": dt.date.fromisoformat(days[-1][:10]),
            "files": len(days),
        }
        audit_ledger.record(lake.tables, engine, AuditLine(now, Kind.REMOVAL, audit_ledger.SELF, QUERIES, details))
        queries.remove(days)
    return len(days)


def chains(lake: Lake) -> dict[str, Link]:
    """Chains that are no tables, and where they stand."""
    from infra.errors import InfraError
    from ringi.query.answering import query_ledger

    if lake.config.aws is not None:
        return {}
    try:
        return {QUERIES: query_ledger(lake).end()}
    except InfraError:  # a ledger that cannot be read is told by `ringi audit verify`; it must not stop a run
        return {}
