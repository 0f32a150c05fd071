"""One line of the audit ledger as a value: what was done, by whom, to what; and the rule that keeps personal values out of it.

Made by the steps that must be audited (keys turned, access planned and applied, persons erased); kept by `jobs.ledgers.audit_ledger`;
read by `ringi audit`. A line holds counts, digests, instants and names of things, each in a field that is declared here with
its shape. There is no field for free text, so no value of a row, no condition and no secret has a place to stand in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from governance.errors import GovernanceError

Detail = int | bool | str | dt.datetime | dt.date | Sequence[str] | None


class Kind(StrEnum):
    """What was done. Publications and queries stand in ledgers of their own, and are listed beside the others."""

    APPROVAL = "approval"
    PUBLICATION = "publication"
    QUERY = "query"
    REFUSAL = "refusal"
    ACCESS_PLAN = "access_plan"
    ACCESS_APPROVAL = "access_approval"
    ACCESS_APPLY = "access_apply"
    ERASURE = "erasure"
    HOLD = "hold"
    REDACTION = "redaction"
    SEAL = "seal"
    REMOVAL = "removal"


ELSEWHERE = frozenset({Kind.PUBLICATION, Kind.QUERY, Kind.REFUSAL})
"""Kinds that are written to their own ledgers, never to this one."""


class Shape(StrEnum):
    """What a detail may hold."""

    COUNT = "count"
    FLAG = "flag"
    INSTANT = "instant"
    DAY = "day"
    DIGEST = "digest"
    NAME = "name"
    NAMES = "names"


DETAILS: Mapping[str, Shape] = MappingProxyType({
    # what was meant: digests of meanings, plans, states, receipts
    "digest": Shape.DIGEST, "before_digest": Shape.DIGEST, "after_digest": Shape.DIGEST, "plan_digest": Shape.DIGEST,
    "policy_digest": Shape.DIGEST, "policy_commit": Shape.DIGEST, "receipt_digest": Shape.DIGEST, "approvals": Shape.NAMES, "head": Shape.DIGEST,
    # where and by which way
    "profile": Shape.NAME, "account": Shape.NAME, "region": Shape.NAME, "target": Shape.NAME, "side": Shape.NAME, "method": Shape.NAME,
    "tech": Shape.NAME, "business": Shape.NAME, "outcome": Shape.NAME, "source": Shape.NAME, "ledger": Shape.NAME, "block": Shape.NAME,
    "purpose": Shape.NAME, "until": Shape.DAY, "day": Shape.DAY, "turned_at": Shape.INSTANT, "began_at": Shape.INSTANT,
    "ended_at": Shape.INSTANT, "databases": Shape.NAMES, "tables": Shape.NAMES, "columns": Shape.NAMES, "ledgers": Shape.NAMES,
    "request_ids": Shape.NAMES,
    # how much
    "number": Shape.COUNT, "lines": Shape.COUNT, "steps": Shape.COUNT, "calls": Shape.COUNT, "widening": Shape.COUNT,
    "narrowing": Shape.COUNT, "neutral": Shape.COUNT, "refused": Shape.COUNT, "failed": Shape.COUNT, "done": Shape.COUNT,
    "subjects": Shape.COUNT, "rows": Shape.COUNT, "cells": Shape.COUNT, "files": Shape.COUNT, "bytes": Shape.COUNT,
    "objects": Shape.COUNT, "batches": Shape.COUNT, "snapshots": Shape.COUNT, "searched": Shape.COUNT, "found": Shape.COUNT,
    # how
    "resumed": Shape.FLAG, "complete": Shape.FLAG,
})  # fmt: skip
"""Every detail that a line may have. A new one is a line here; none of them may be able to hold a value of a row."""

_NAME = re.compile(r"[\w.:/@+*=,%-]{1,512}")
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{8,128}")
_HASHED = re.compile(r"[a-z_][a-z0-9_]*:[0-9a-f]{16,128}|[0-9a-f]{16,128}")
MOST_NAMES = 2000


class NotForTheLedgerError(GovernanceError):
    """A line of the audit ledger would hold something that has no place there; the value itself is not repeated."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line. `actor` did `kind` to `subject`, all three names; `request_id` is AWS's name of the call, where one was made.

    The subject of an erasure is `column:HASH`, never the person's own identifier. Raises NotForTheLedgerError for an unknown
    detail, and for a text that is no name.
    """

    at: dt.datetime
    kind: Kind
    actor: str
    subject: str
    details: Mapping[str, Detail] = field(default_factory=dict)
    request_id: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise _refused("at", "a time with its zone")
        _name("actor", self.actor)
        _name("subject", self.subject)
        if self.kind is Kind.ERASURE and not _HASHED.fullmatch(self.subject):
            raise _refused("subject", "`column:HASH`, since it names a person")
        if self.request_id is not None:
            _name("request_id", self.request_id)
        for name, value in self.details.items():
            _check(name, value)

    def details_text(self) -> str:
        """The details as canonical JSON; what is None is left out."""
        facts = {name: _plain(value) for name, value in self.details.items() if value is not None}
        return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def block(self) -> str:
        """A name for the line that is the same whenever the same thing is recorded again, whatever the time is then."""
        told = json.dumps([self.kind, self.actor, self.subject, self.details_text(), self.request_id], ensure_ascii=False)
        return f"{self.kind}-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def _check(name: str, value: Detail) -> None:
    shape = DETAILS.get(name)
    if shape is None:
        raise _refused(name, f"a detail that is declared: {', '.join(sorted(DETAILS))}")
    if value is not None and not _FITS[shape](value):
        raise _refused(name, f"a value of the shape `{shape}`")


def _name(name: str, value: object) -> None:
    if not _is_name(value):
        raise _refused(name, "a name without spaces and quotes")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _are_names(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) <= MOST_NAMES and all(map(_is_name, value))


_FITS = {
    Shape.COUNT: lambda value: isinstance(value, int) and not isinstance(value, bool),
    Shape.FLAG: lambda value: isinstance(value, bool),
    Shape.INSTANT: lambda value: isinstance(value, dt.datetime) and value.tzinfo is not None,
    Shape.DAY: lambda value: isinstance(value, dt.date) and not isinstance(value, dt.datetime),
    Shape.DIGEST: lambda value: isinstance(value, str) and _DIGEST.fullmatch(value) is not None,
    Shape.NAME: _is_name,
    Shape.NAMES: _are_names,
}


def _plain(value: Detail) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _refused(name: str, expected: str) -> NotForTheLedgerError:
    return NotForTheLedgerError(
        f"`{name}` of a line for the audit ledger was refused: expected {expected}.",
        hint="the ledger holds names, digests, counts and instants, never a value of a row; see governance/ledgers/audit_line.py.",
    )
