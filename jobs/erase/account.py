"""The account of an erasure: who did what, as the receipt, the ledger of erasures and the audit ledger tell it.

Used by `work.py`. Nothing in it is a value of anybody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.ledgers.audit_line import AuditLine, Kind
from jobs.erase import receipt, redact
from jobs.ledgers import audit_ledger, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.keys.ssh import Signer
    from jobs.erase.finding import Found
    from jobs.erase.journal import Journal
    from jobs.erase.lake import EraseLake
    from jobs.erase.receipt import Receipt
    from jobs.erase.search.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Eraser:
    """Who does it, with which key, and when."""

    person: str
    signer: Signer
    now: dt.datetime


@dataclass(slots=True)
class Done:
    """What was done, as the receipt tells it."""

    files: int = 0
    bytes: int = 0
    snapshots: int = 0
    versions: int = 0
    refused_versions: str = ""
    forgotten: dict[str, dict[str, Any]] = field(default_factory=dict)


def said(lake: EraseLake, journal: Journal, done: Done, evidence: Evidence, eraser: Eraser, found: Found) -> dict[str, Any]:
    plan = journal.plan
    tables = [
        {
            "table": work.table,
            "rows": work.rows,
            "redacted": work.lines,
            "snapshot_before": str(journal.before[work.table]) if work.table in journal.before else None,
            "snapshot_after": str(head.id) if (head := lake.tables.snapshot(work.table)) else None,
            **done.forgotten.get(work.table, {"snapshots": 0, "names": []}),
        }
        for work in plan.tables
    ]
    return {
        "schema_version": receipt.SCHEMA_VERSION,
        "receipt": journal.receipt,
        "at": eraser.now.isoformat(),
        "began_at": journal.began_at.isoformat(),
        "person": eraser.person,
        "key": eraser.signer.public_key.fingerprint,
        "about": plan.about,
        "plan_digest": plan.digest,
        "facts": plan.facts,
        "computed_anew": list(plan.behind),
        "sources": sorted({held.name for held in found.reach.held}),
        "landing": plan.as_json()["landing"],
        "copies": list(plan.copies),
        "tables": tables,
        "ledger_redacted": dict(journal.redacted) if journal.redacted else None,
        "files_removed": done.files,
        "bytes_removed": done.bytes,
        "snapshots_forgotten": done.snapshots,
        "versions_removed": done.versions,
        "versions_refused": done.refused_versions or None,
        "evidence": evidence.as_json(),
        "complete": evidence.is_clean and not done.refused_versions,
    }


def record(lake: EraseLake, made: Receipt, journal: Journal | None) -> None:
    """Tell the ledger of erasures and the audit ledger; a repeated step adds nothing."""
    said: Mapping[str, Any] = made.said
    evidence = said["evidence"]
    total = sum(each["accepted"] + each["repeated"] + each["refused"] for each in said["landing"])
    in_tables = sum(each["rows"] for each in said["tables"])
    moment = _moment(said)
    line = {
        "receipt": made.name,
        "recorded_at": moment,
        "person": said["person"],
        "about": said["about"],
        "receipt_digest": made.digest,
        "records": total,
        "rows": in_tables,
        "files_removed": said["files_removed"],
        "snapshots": said["snapshots_forgotten"],
        "searched_files": evidence["files"],
        "found": evidence["found_files"],
    }
    ledger.append_values(lake.tables, lake.engine, receipt.ERASURES, made.name, [line])
    audit_ledger.record(lake.tables, lake.engine, _audited(made, total, in_tables, moment), block=made.name)
    if journal is not None and journal.redacted:
        told = journal.redacted
        details = {"ledger": redact.SPEC.name, "lines": told["lines"], "before_digest": told["before"], "after_digest": told["after"]}
        redaction = AuditLine(moment, Kind.REDACTION, str(said["person"]), redact.SPEC.name, {**details, "receipt_digest": made.digest})
        audit_ledger.record(lake.tables, lake.engine, redaction, block=f"{made.name}-redaction")


def _audited(made: Receipt, records: int, in_tables: int, moment: dt.datetime) -> AuditLine:
    said = made.said
    details = {
        "receipt_digest": made.digest,
        "plan_digest": said["plan_digest"],
        "rows": records + in_tables,
        "files": said["files_removed"],
        "snapshots": said["snapshots_forgotten"],
        "searched": said["evidence"]["files"],
        "found": said["evidence"]["found_files"],
        "complete": said["complete"],
        "tables": [each["table"] for each in said["tables"]],
    }
    return AuditLine(moment, Kind.ERASURE, str(said["person"]), str(said["about"]), details)


def _moment(said: Mapping[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(str(said["at"]))
