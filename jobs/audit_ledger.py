"""The audit ledger `ledger.audit`: who planned, approved, applied and erased what, chained like every ledger of the lake.

`record` is called by the steps that must be audited, at the moment they are done. Publications and queries are not written here
again: they have ledgers of their own, and `ringi audit list` shows all of them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.audit_line import ELSEWHERE, AuditLine
from jobs import ledger
from jobs.errors import JobError
from jobs.table import TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.engine import Engine
    from jobs.table import Tables

AUDIT = TableSpec(
    "ledger.audit",
    (
        TableColumn("recorded_at", ColumnType.TIMESTAMP, doc="When it was done."),
        TableColumn("kind", ColumnType.STRING, doc="What was done, such as `access_apply`."),
        TableColumn("actor", ColumnType.STRING, doc="Who did it."),
        TableColumn("subject", ColumnType.STRING, doc="To what: a metric, a profile, the hash of a person."),
        TableColumn("details", ColumnType.STRING, doc="Counts, digests, instants and names, as a JSON object."),
        TableColumn("request_id", ColumnType.STRING, doc="AWS's name of the call, where one was made."),
        *ledger.CHAIN,
    ),
)


def record(tables: Tables, engine: Engine, line: AuditLine | Sequence[AuditLine], *, block: str | None = None) -> int:
    """Write a line, or several as one block; returns how many were written: none where the block is there already.

    `block` names the step, so that it is written once however often the step is repeated, such as `apply-<digest of the plan>`;
    without it the name is made of what the lines say, less the time.
    """
    lines = [line] if isinstance(line, AuditLine) else list(line)
    for each in lines:
        if each.kind in ELSEWHERE:
            raise JobError(f"A line of the kind `{each.kind}` does not belong in the audit ledger.", hint="it has a ledger of its own.")
    name = block or (lines[0].block if len(lines) == 1 else ledger.block_name([each.block for each in lines]))
    return ledger.append_values(tables, engine, AUDIT, name, [_values(each) for each in lines])


def _values(line: AuditLine) -> dict[str, Any]:
    return {
        "recorded_at": line.at,
        "kind": str(line.kind),
        "actor": line.actor,
        "subject": line.subject,
        "details": line.details_text(),
        "request_id": line.request_id,
    }
