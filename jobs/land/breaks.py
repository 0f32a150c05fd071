"""Contract breaks: a file in which nearly every record fails in the same way is not bad data, it is another contract.

Used by `judging.py` after an object was read to its end, and by `spark/` for an object that was read in parts. Such a file is
refused whole, so that a renamed or retyped field, or a renamed category, is talked about once instead of filling the quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from jobs.dialects import quoted
from jobs.engines.duckdb import literal
from jobs.land.contract import MISSING_FIELD, NOT_ALLOWED, OUT_OF_RANGE, WRONG_TYPE
from jobs.land.fields import DUPLICATE, MALFORMED, UNKNOWN
from jobs.land.header import missing_field, renamed_optional
from jobs.land.report import Fault
from jobs.land.sniff import NO_RECORD
from jobs.land.withholding import SUPPRESSED
from jobs.land.workbench import PLACE
from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from jobs.land.tally import Tally
    from jobs.land.workbench import Workbench
    from metrics_catalog.source import Source

LEAST_RECORDS = 10
"""In a smaller file each record is judged by itself: a few wrong records are no evidence of another contract."""

SHARE = 0.95
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was noticed of one object: how many records had each unknown field, which fields its lines usually have, what it looks
    like where nothing in it could be read, and whether it is JSON."""

    unknown: Mapping[str, int]
    usual: Collection[str]
    looks: Fault | None
    is_json: bool


class Look(Protocol):
    """A closer look at the records of an object, taken only where it is needed."""

    def filled(self, number: int) -> Collection[str]:
        """Columns of the contract that some accepted record of the object has."""

    def seen(self, number: int, field: str) -> Sequence[str]:
        """The commonest refused values of a field, at most EXAMPLES."""


def refused_whole(source: Source, number: int, tally: Tally, evidence: Evidence, look: Look) -> Fault | None:
    """Why an object that could be read to its end is refused whole all the same, or None."""
    received, is_json = tally.received, evidence.is_json
    if not received and (is_json or source.delivery == "snapshot"):
        return Fault("RNG-JOB-001", "It holds no record.", "nothing was sent, or the export failed: ask the sender.")
    malformed = sum(records for (reason, _), records in tally.reasons.items() if reason == MALFORMED)
    if received and malformed == received and (is_json or received >= LEAST_RECORDS):
        return evidence.looks or NO_RECORD
    return _contract_break(source, number, tally, evidence, look)


def _contract_break(source: Source, number: int, tally: Tally, evidence: Evidence, look: Look) -> Fault | None:
    """The fault of an object whose readable records nearly all fail on one field."""
    readable = tally.received - sum(count for (reason, _), count in tally.reasons.items() if reason in (MALFORMED, DUPLICATE, SUPPRESSED))
    if readable < LEAST_RECORDS:
        return None
    known = {column.from_field or name for name, column in source.columns.items()}
    unknown = {name for name, times in evidence.unknown.items() if times >= SHARE * readable} | (set(evidence.usual) - known)
    for (reason, field), count in tally.reasons.items():
        if count < SHARE * readable:
            continue
        if reason == UNKNOWN:
            return _unknown(source, field)
        if reason == MISSING_FIELD:
            return missing_field(source, [field], unknown)
        if reason in (WRONG_TYPE, NOT_ALLOWED, OUT_OF_RANGE):
            return _values(source, reason, field, count, readable, partial(look.seen, number, field))
    return renamed_optional(source, _never_filled(source, look.filled(number)), unknown) if unknown else None


def _unknown(source: Source, field: str) -> Fault:
    hint = f"add it to sources/{source.source}.yaml, or say `unknown_fields: keep_raw` there; then land the file again."
    return Fault("RNG-JOB-009", f"Its field `{field}` is not in the contract of `{source.source}`.", hint)


def _never_filled(source: Source, filled: Collection[str]) -> list[str]:
    """Fields of the contract that no accepted record of the object has."""
    return [column.from_field or name for name, column in source.columns.items() if name not in filled]


def _values(source: Source, reason: str, field: str, count: int, readable: int, look: Callable[[], Sequence[str]]) -> Fault:
    name = next(name for name, column in source.columns.items() if (column.from_field or name) == field)
    column = source.columns[name]
    share = "every record" if count == readable else f"{count:,} of {readable:,} records"
    found = () if column.classification is Classification.PERSONAL else look()
    seen = f" ({', '.join(f'`{value}`' for value in found)})" if found else ""
    if reason == WRONG_TYPE:
        message = f"Its field `{field}` is no {column.type} in {share}{seen}; the contract of `{source.source}` says {column.type}."
        hint = f"ask the sender, or change the type of `{name}` in sources/{source.source}.yaml and land the file again."
        return Fault("RNG-JOB-005", message, hint)
    if reason == NOT_ALLOWED:
        allowed = ", ".join(f"`{value}`" for value in column.values[:8]) + (", …" if len(column.values) > 8 else "")
        message = f"Its field `{field}` has values outside of the contract in {share}{seen}; allowed are {allowed}."
        hint = f"if the values were renamed, agree on the new ones and change `values` of `{name}` in sources/{source.source}.yaml."
        return Fault("RNG-JOB-006", message, hint)
    bounds = " and ".join(
        f"{word} {bound:g}" for word, bound in (("at least", column.minimum), ("at most", column.maximum)) if bound is not None
    )
    message = f"Its field `{field}` is out of range in {share}{seen}; the contract says {bounds or f'a {column.type} that can be held'}."
    return Fault("RNG-JOB-010", message, f"has its unit changed? Ask the sender, or change `{name}` in sources/{source.source}.yaml.")


@dataclass(frozen=True, slots=True)
class BenchLook:
    """A look into the tables of a workbench."""

    bench: Workbench

    def filled(self, number: int) -> frozenset[str]:
        names = list(self.bench.source.columns)
        filled = ", ".join(f"count({quoted(name)}) > 0" for name in names)
        (found,) = self.bench.engine.rows(f"SELECT {filled} FROM {self.bench.sound} WHERE {PLACE} = {number}")
        return frozenset(name for name, there in zip(names, found, strict=True) if there)

    def seen(self, number: int, field: str) -> tuple[str, ...]:
        found = self.bench.engine.rows(
            f"SELECT detail, count(*) AS times FROM {self.bench.refused} WHERE object = {number} AND field = {literal(field)} "
            f"AND detail IS NOT NULL GROUP BY detail ORDER BY times DESC, detail LIMIT {EXAMPLES}"
        )
        return tuple(value for value, _ in found)
