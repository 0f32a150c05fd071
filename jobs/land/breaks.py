"""Contract breaks: a file in which nearly every record fails in the same way is not bad data, it is another contract.

Used by `judging.py` after an object was read to its end. Such a file is refused whole, so that a renamed or retyped field, or a
renamed category, is talked about once instead of filling the quarantine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.engines.duckdb import literal, quoted
from jobs.land.contract import MISSING_FIELD, NOT_ALLOWED, OUT_OF_RANGE, WRONG_TYPE
from jobs.land.fields import DUPLICATE, MALFORMED, UNKNOWN
from jobs.land.header import missing_field, renamed_optional
from jobs.land.report import Fault
from jobs.land.workbench import PLACE
from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobs.land.workbench import Workbench
    from metrics_catalog.source import Source

LEAST_RECORDS = 10
"""In a smaller file each record is judged by itself: a few wrong records are no evidence of another contract."""

SHARE = 0.95
EXAMPLES = 5


def contract_break(
    bench: Workbench, number: int, received: int, reasons: Mapping[tuple[str, str], int], names: Iterable[str]
) -> Fault | None:
    """The fault of an object whose readable records nearly all fail on one field; `names` are fields its lines usually have."""
    readable = received - sum(count for (reason, _), count in reasons.items() if reason in (MALFORMED, DUPLICATE))
    if readable < LEAST_RECORDS:
        return None
    unknown = _unknown_names(bench, number, readable, names)
    for (reason, field), count in reasons.items():
        if count < SHARE * readable:
            continue
        if reason == UNKNOWN:
            return _unknown(bench.source, field)
        if reason == MISSING_FIELD:
            return missing_field(bench.source, [field], unknown)
        if reason in (WRONG_TYPE, NOT_ALLOWED, OUT_OF_RANGE):
            return _values(bench, number, reason, field, count, readable)
    return renamed_optional(bench.source, _never_filled(bench, number), unknown) if unknown else None


def _unknown(source: Source, field: str) -> Fault:
    hint = f"add it to sources/{source.source}.yaml, or say `unknown_fields: keep_raw` there; then land the file again."
    return Fault("RNG-JOB-009", f"Its field `{field}` is not in the contract of `{source.source}`.", hint)


def _never_filled(bench: Workbench, number: int) -> list[str]:
    """Fields of the contract that no accepted record of the object has."""
    fields = {name: column.from_field or name for name, column in bench.source.columns.items()}
    filled = ", ".join(f"count({quoted(name)}) > 0" for name in fields)
    (found,) = bench.engine.rows(f"SELECT {filled} FROM {bench.sound} WHERE {PLACE} = {number}")
    return [field for field, there in zip(fields.values(), found, strict=True) if not there]


def _unknown_names(bench: Workbench, number: int, readable: int, names: Iterable[str]) -> set[str]:
    """Fields that the contract does not name and that nearly all records have."""
    noticed = {name for name, times in bench.heard.unknown.get(number, {}).items() if times >= SHARE * readable}
    return noticed | {name for name in names if name not in bench.wanted.positions}


def _values(bench: Workbench, number: int, reason: str, field: str, count: int, readable: int) -> Fault:
    source = bench.source
    name = next(name for name, column in source.columns.items() if (column.from_field or name) == field)
    column = source.columns[name]
    share = "every record" if count == readable else f"{count:,} of {readable:,} records"
    seen = "" if column.classification is Classification.PERSONAL else _seen(bench, number, field)
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


def _seen(bench: Workbench, number: int, field: str) -> str:
    """The commonest values, in brackets."""
    table = bench.refused
    found = bench.engine.rows(
        f"SELECT detail, count(*) AS times FROM {table} WHERE object = {number} AND field = {literal(field)} AND detail IS NOT NULL "
        f"GROUP BY detail ORDER BY times DESC, detail LIMIT {EXAMPLES}"
    )
    return f" ({', '.join(f'`{value}`' for value, _ in found)})" if found else ""
