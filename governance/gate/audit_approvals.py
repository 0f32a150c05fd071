"""The keys that count, as lines for the audit ledger. Made of what the gate says, at each run; `jobs.ledgers.audit_ledger` keeps the new ones.

A key that is later called back, or whose file is removed from git, leaves its line here: that it once counted is what is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledgers.audit_line import AuditLine, Kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from governance.gate.gate import Certification
    from governance.keys.turned_key import TurnedKey


def approval_lines(certification: Certification, now: dt.datetime) -> tuple[AuditLine, ...]:
    """One line for each key that counts or did until a newer certificate replaced it: who turned it over which meaning, and when."""
    return tuple(_line(key, now) for key in _keys(certification))


def _keys(certification: Certification) -> Iterator[TurnedKey]:
    for _, status in sorted(certification.metrics.items()):
        yield from status.standing.held
        yield from (each.key for each in status.standing.replaced)


def _line(key: TurnedKey, now: dt.datetime) -> AuditLine:
    approval = key.approval
    details = {"digest": approval.meaning, "side": approval.side.value, "method": approval.method.value, "turned_at": approval.approved_at}
    return AuditLine(now, Kind.APPROVAL, approval.person, approval.metric, details)
