"""The ledger of queries: who read which columns of which published view, when, and how many rows; never a value.

A line is made by a door for each query that was answered (`ringi.query.answering`), and kept by `infra.local.query_ledger`, beside those
of queries that were refused (`query_refusal`). Read by
`ringi status`, which names those who still read a deprecated metric. See docs/adr/0022-hearings-and-the-query-ledger.md.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

SCHEMA_VERSION = 1
_BEGINNING = '{"at"'


@dataclass(frozen=True, slots=True)
class QueryLine:
    """One query that was answered: `reads` are the columns it read, by relation such as `views_jp.title_daily`."""

    at: dt.datetime
    principal: str
    reads: Mapping[str, tuple[str, ...]]
    rows: int

    def as_text(self) -> str:
        """One line of JSON."""
        at = self.at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        reads = {relation: list(columns) for relation, columns in self.reads.items()}
        facts = {"at": at, "schema_version": SCHEMA_VERSION, "principal": self.principal, "reads": reads, "rows": self.rows}
        return json.dumps(facts, separators=(",", ":")) + "\n"


def read_line(text: str) -> QueryLine | None:
    """A line of the ledger; None where it is none. What a writer that was cut off left before a line is passed over."""
    try:
        facts = json.loads(text[max(text.rfind(_BEGINNING), 0) :])
        reads = {str(relation): tuple(map(str, columns)) for relation, columns in facts["reads"].items()}
        at = dt.datetime.fromisoformat(facts["at"])
        return QueryLine(at if at.tzinfo else at.replace(tzinfo=dt.UTC), str(facts["principal"]), reads, int(facts["rows"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who read a column: how many queries, when last, and in which relations."""

    principal: str
    queries: int
    last: dt.datetime
    relations: tuple[str, ...]


def readers_of(lines: Iterable[QueryLine], columns: Collection[str]) -> dict[str, tuple[Reader, ...]]:
    """Who read each of the columns, the latest reader first; columns that nobody read are left out."""
    found: dict[str, dict[str, Reader]] = {}
    for line in lines:
        for column in columns:
            where = {relation for relation, read in line.reads.items() if column in read}
            if where:
                held = found.setdefault(column, {}).get(line.principal)
                found[column][line.principal] = _and(held, line, where)
    by_time = {name: sorted(readers.values(), key=lambda reader: (reader.last, reader.principal)) for name, readers in found.items()}
    return {name: tuple(reversed(readers)) for name, readers in by_time.items()}


def _and(held: Reader | None, line: QueryLine, where: set[str]) -> Reader:
    if held is None:
        return Reader(line.principal, 1, line.at, tuple(sorted(where)))
    return Reader(line.principal, held.queries + 1, max(held.last, line.at), tuple(sorted({*held.relations, *where})))
