"""The audit ledger `ledger.audit`: who planned, approved, applied and erased what, chained like every ledger of the lake.

`record` is called by the steps that must be audited, at the moment they are done. Publications and queries are not written here
again: they have ledgers of their own, and `ringi audit list` shows all of them together. A seal writes down where every other
ledger stands, so that cutting off its end, or putting it back to an earlier state, is found here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.ledgers.audit_line import ELSEWHERE, AuditLine, Kind
from governance.ledgers.query_chain import Link
from jobs.errors import JobError
from jobs.ledgers import ledger
from jobs.table import TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
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


SELF = "ringi"
"""The actor of what nobody asked for by name."""

UPKEEP = "ledger.maintenance"
"""A ledger that is sealed beside others, and not for itself: writing a seal makes work for the next maintenance."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line as it stands in the ledger; `details` is JSON."""

    at: dt.datetime
    kind: str
    actor: str
    subject: str
    details: str
    request_id: str | None
    block: str


def record(tables: Tables, engine: Engine, line: AuditLine | Sequence[AuditLine], *, block: str | None = None) -> int:
    """Write a line, or several as one block; returns how many were written: none where the block is there already.

    `block` names the step, so that it is written once however often the step is repeated, such as `apply-<digest of the plan>`;
    without it the name is made of what the lines say, less the time. A door that has no session open takes `Lake.ledger_engine`.
    """
    lines = [line] if isinstance(line, AuditLine) else list(line)
    for each in lines:
        if each.kind in ELSEWHERE:
            raise JobError(f"A line of the kind `{each.kind}` does not belong in the audit ledger.", hint="it has a ledger of its own.")
    name = block or (lines[0].block if len(lines) == 1 else ledger.block_name([each.block for each in lines]))
    return ledger.append_values(tables, engine, AUDIT, name, [_values(each) for each in lines])


def record_new(tables: Tables, engine: Engine, lines: Sequence[AuditLine]) -> int:
    """Write those lines that are not in the ledger yet, whatever their times; returns how many. Asked often, with the same lines."""
    block = f"all-{ledger.block_name([line.block for line in lines])}"
    if not lines or ledger.recorded(tables, AUDIT, block):
        return 0
    known = {(row.kind, row.actor, row.subject, row.details, row.request_id) for row in read(tables, engine, {line.kind for line in lines})}
    new = [line for line in lines if (str(line.kind), line.actor, line.subject, line.details_text(), line.request_id) not in known]
    return record(tables, engine, new, block=block)


def seal(tables: Tables, engine: Engine, elsewhere: Mapping[str, Link], now: dt.datetime, *, once_a_day: bool = False) -> int:
    """Write down where each ledger of the lake stands, and the chains `elsewhere` that are no tables; returns how many have moved.

    Not as the first thing in a lake, since who only maintains it may make no table; `once_a_day` at most once a day.
    """
    day = now.astimezone(dt.UTC).date()
    if tables.snapshot(AUDIT.name) is None or (once_a_day and ledger.recorded(tables, AUDIT, f"seal-{day}")):
        return 0
    before = seals(read(tables, engine, {Kind.SEAL, Kind.REDACTION}))
    links = {**_heads(tables), **elsewhere}
    moved = {name: link for name, link in links.items() if link.number and before.get(name, {}).get(link.number) != link.hash}
    lines = [AuditLine(now, Kind.SEAL, SELF, name, {"number": link.number, "head": link.hash}) for name, link in sorted(moved.items())]
    if not moved.keys() - {UPKEEP}:
        return 0
    again = ledger.block_name([line.block for line in lines])
    return record(tables, engine, lines, block=f"seal-{day}" if once_a_day else f"seal-{again}")


def seals(rows: Iterable[AuditRow]) -> dict[str, dict[int, str]]:
    """What the seals say: by ledger, the hash of its line or block of a number. An erasure writes a ledger anew, and what was sealed
    before it holds no more."""
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        facts = json.loads(row.details)
        if row.kind == Kind.SEAL:
            found.setdefault(row.subject, {})[int(facts["number"])] = str(facts["head"])
        elif row.kind == Kind.REDACTION:
            found.pop(str(facts.get("ledger")), None)
    return found


def redacted(rows: Iterable[AuditRow]) -> dict[str, str]:
    """By ledger that an erasure wrote anew, the hash of the head that the last one left."""
    facts = (json.loads(row.details) for row in rows if row.kind == Kind.REDACTION)
    return {str(each["ledger"]): str(each["after_digest"]) for each in facts}


def read(tables: Tables, engine: Engine, kinds: Collection[str] | None = None, since: dt.datetime | None = None) -> tuple[AuditRow, ...]:
    """Lines of the ledger, oldest first: all, or of some kinds, from a moment on. Nothing is checked here."""
    spec = tables.spec(AUDIT.name)
    if spec is None:
        return ()
    return read_relation(engine, engine.relation([file.path for file in tables.files(spec.name)], spec.columns), kinds, since)


def read_relation(
    engine: Engine, relation: str, kinds: Collection[str] | None = None, since: dt.datetime | None = None
) -> tuple[AuditRow, ...]:
    """The same over a relation of the ledger's shape."""
    dialect = engine.dialect
    conditions = [] if kinds is None else [f"kind IN ({', '.join(dialect.string(str(kind)) for kind in sorted(kinds))})"]
    conditions += [] if since is None else [f"recorded_at >= {dialect.instant(since)}"]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = engine.rows(
        f"SELECT {dialect.micros('recorded_at')}, kind, actor, subject, details, request_id, block FROM {relation}{where} ORDER BY block_number, line"
    )
    return tuple(AuditRow(instant(row[0]), *row[1:]) for row in rows)


def _heads(tables: Tables) -> dict[str, Link]:
    """Where each ledger but this one stands, by the summaries of its tables."""
    found = {}
    for name in tables.names("ledger"):
        head = tables.snapshot(name) if name != AUDIT.name else None
        if head is not None and ledger.BLOCK_HASH in head.summary:
            found[name] = Link(int(head.summary[ledger.BLOCK_NUMBER]), head.summary[ledger.BLOCK_HASH])
    return found


def instant(micros: int) -> dt.datetime:
    """Microseconds since 1970, as ledgers give them, as an instant."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)


def _values(line: AuditLine) -> dict[str, Any]:
    return {
        "recorded_at": line.at,
        "kind": str(line.kind),
        "actor": line.actor,
        "subject": line.subject,
        "details": line.details_text(),
        "request_id": line.request_id,
    }
