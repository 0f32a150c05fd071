"""A query that was refused or stopped, as a line of the ledger of queries: who, which relations, and why as a code.

Never the SQL and never a name that was only typed: what no file of the project declares could be anything, so it is counted and not
kept. A line is made by `ringi.query.answering` and chained like those of queries that were answered; `ringi audit list --refused` shows
it, and `ringi status` does not count it as a read.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = 1
UNKNOWN = "unknown"
"""Stands for a principal that the policy does not know."""

_BEGINNING = '{"at"'


class RefusalCode(StrEnum):
    """Why a query was not answered."""

    UNKNOWN_PRINCIPAL = "unknown_principal"
    NO_RELATION = "no_relation"
    """It names what is no published view, such as a table behind the views."""
    NO_GRANT = "no_grant"
    OTHER_COUNTRY = "other_country"
    NO_COLUMN = "no_column"
    FORBIDDEN = "forbidden"
    """It is not one SELECT, or calls what queries may not call."""
    NOT_ADDITIVE = "not_additive"
    NOT_PUBLISHED = "not_published"
    TOO_LONG = "too_long"
    MEMORY = "memory"
    TOO_LARGE = "too_large"
    STOPPED = "stopped"
    """Its process ended before it had answered."""
    FAILED = "failed"
    """A value could not be computed."""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One query that was not answered. `relations` are those it named that the project declares; `others` counts the rest."""

    at: dt.datetime
    principal: str
    code: RefusalCode
    relations: tuple[str, ...] = ()
    others: int = 0

    def as_text(self) -> str:
        """One line of JSON; it begins like every line of the ledger."""
        at = self.at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        facts = {"at": at, "schema_version": SCHEMA_VERSION, "principal": self.principal, "refused": self.code}
        return json.dumps({**facts, "relations": list(self.relations), "others": self.others}, separators=(",", ":")) + "\n"


def read_refusal(text: str) -> RefusedLine | None:
    """A line of a refusal; None where it is none. What a writer that was cut off left before it is passed over."""
    try:
        facts = json.loads(text[max(text.rfind(_BEGINNING), 0) :])
        at = dt.datetime.fromisoformat(facts["at"])
        relations = tuple(map(str, facts["relations"]))
        code, principal = RefusalCode(facts["refused"]), str(facts["principal"])
        return RefusedLine(at if at.tzinfo else at.replace(tzinfo=dt.UTC), principal, code, relations, int(facts["others"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
