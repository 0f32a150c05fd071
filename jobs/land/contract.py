"""A source contract as SQL: for each column a typed value and what is wrong with it; for each record the first reason.

Used by `judging.py` for DuckDB. A record is read as fields (`fields.py`: a text and a kind) or, from Parquet, as typed columns.
The first fault in the order of the contract's columns counts; a fault of the record's structure comes before all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects.duckdb import SQL_TYPES
from jobs.engines.duckdb import literal
from jobs.land.fields import BOOLEAN, MISSING, NESTED, NUMBER, NUMBER_PATTERN, STRING, TEXT
from jobs.land.parquet_types import AS_TEXT, EXACT, WHOLE, fitting
from metrics_catalog.source import Column, ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics_catalog.source import Source

MISSING_FIELD, WRONG_TYPE, OUT_OF_RANGE, NOT_ALLOWED = "missing_field", "wrong_type", "out_of_range", "value_not_allowed"

DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME_PATTERN = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?"
ZONE_PATTERN = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?"
PATTERNS = {
    ColumnType.INTEGER: "-?(0|[1-9][0-9]*)",
    ColumnType.DECIMAL: "-?(0|[1-9][0-9]*)([.][0-9]{1,6})?",
    ColumnType.DATE: DAY_PATTERN,
    ColumnType.TIMESTAMP: f"{DAY_PATTERN}[T ]{TIME_PATTERN}{ZONE_PATTERN}",
}
"""Texts that a type reads. A time stamp without a zone is UTC, since that is what the type means; digits beyond microseconds
are cut off; there is no second 60 and no hour 24."""

BEYOND_INTEGERS = "9.3e18"
NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE)
FIRST_DAY, END_OF_TIME = "0001-01-01", "10000-01-01"
DETAIL = 120


@dataclass(frozen=True, slots=True)
class Checked:
    """One column's SQL: its value (NULL where there is none), a reason (NULL where nothing is wrong), the value as a person sees it.

    `reason` reads the value under the name that was given.
    """

    value: str
    reason: str
    shown: str


def required(source: Source, name: str) -> bool:
    """Columns of the key and the time of occurrence are always needed, or the record could not be placed."""
    return source.columns[name].required or name in source.key or name == source.event_time


def from_text(column: Column, needed: bool, text: str, kind: str, name: str) -> Checked:
    """A column read from a text expression and a kind expression; its value will be called `name`."""
    missing = f"{kind} = '{MISSING}'"
    if column.null_values:
        missing = f"({missing} OR ({kind} IN ('{STRING}', '{TEXT}') AND {text} IN ({_list(column.null_values)})))"
    shown = f"CASE WHEN {kind} = '{NESTED}' THEN 'a list or an object' ELSE {text} END"
    return _checked(column, needed, missing, _well_formed(column.type, text, kind), _value(column.type, text), shown, name)


def from_typed(column: Column, needed: bool, expression: str, engine_type: str, name: str) -> Checked | None:
    """A column read from a typed column of Parquet; None where that type can never be read as the column's."""
    fits = fitting(column.type, engine_type)
    if fits is None:
        return None
    text = f"CAST({expression} AS VARCHAR)"
    if fits == AS_TEXT:
        return from_text(column, needed, text, f"CASE WHEN {expression} IS NULL THEN '{MISSING}' ELSE '{STRING}' END", name)
    value = f"TRY_CAST({expression} AS {SQL_TYPES[column.type]})"
    held = f"CASE WHEN TRY({value} = {expression}) THEN {value} END" if fits == EXACT else _in_range(column.type, value)
    return _checked(
        column, needed, f"{expression} IS NULL", f"{expression} = trunc({expression})" if fits == WHOLE else "true", held, text, name
    )


def judged(source: Source, columns: Sequence[Checked], relation: str, *, structure: tuple[str, str, str] | None, verbatim: str) -> str:
    """The statement: place, values `v0…`, `reason`, `field`, `detail`, and the record's text or bytes where it is refused.

    `structure` names columns of the relation with reason, field and detail of a faulty structure; `verbatim` selects `line, bytes`.
    """
    numbers = range(len(columns))
    values = ", ".join(f"{column.value} AS v{i}" for i, column in enumerate(columns))
    reasons = ", ".join(f"{column.reason} AS r{i}" for i, column in enumerate(columns))
    names = [literal(column.from_field or name) for name, column in source.columns.items()]
    fault, field, detail = structure or ("NULL::VARCHAR", "NULL::VARCHAR", "NULL::VARCHAR")
    fields = " ".join(f"WHEN r{i} IS NOT NULL THEN {names[i]}" for i in numbers)
    details = " ".join(
        f"WHEN r{i} IS NOT NULL THEN CASE WHEN r{i} <> '{MISSING_FIELD}' THEN left({columns[i].shown}, {DETAIL}) END" for i in numbers
    )
    told = (
        f"coalesce({fault}, {', '.join(f'r{i}' for i in numbers)}) AS reason, "
        f"CASE WHEN {fault} IS NOT NULL THEN {field} {fields} END AS field, "
        f"CASE WHEN {fault} IS NOT NULL THEN {detail} {details} END AS detail"
    )
    held = ", ".join(f"v{i}" for i in numbers)
    checked = f"SELECT *, {reasons} FROM (SELECT *, {values} FROM ({relation}))"
    whole = f"SELECT object, record, {held}, {told}, {verbatim} FROM ({checked})"
    kept = ", ".join(f"CASE WHEN reason IS NOT NULL THEN {name} END AS {name}" for name in ("line", "bytes"))
    return f"SELECT object, record, {held}, reason, field, detail, {kept} FROM ({whole})"


def value_columns(source: Source) -> str:
    """Column definitions of the values, for the tables that hold judged records."""
    return ", ".join(f"v{i} {SQL_TYPES[column.type]}" for i, column in enumerate(source.columns.values()))


def _checked(column: Column, needed: bool, missing: str, well_formed: str, value: str, shown: str, name: str) -> Checked:
    sound = f"coalesce({well_formed}, false)"
    steps = [f"WHEN {missing} THEN " + (f"'{MISSING_FIELD}'" if needed else "NULL")]
    steps.append(f"WHEN {name} IS NULL THEN CASE WHEN {sound} THEN '{OUT_OF_RANGE}' ELSE '{WRONG_TYPE}' END")
    if column.values:
        steps.append(f"WHEN CAST({name} AS VARCHAR) NOT IN ({_list(column.values)}) THEN '{NOT_ALLOWED}'")
    if column.type in NUMBERS:
        bounds = ((column.minimum, "<"), (column.maximum, ">"))
        steps += [f"WHEN {name} {sign} {bound!r} THEN '{OUT_OF_RANGE}'" for bound, sign in bounds if bound is not None]
    return Checked(f"CASE WHEN {missing} THEN NULL WHEN {sound} THEN {value} END", f"CASE {' '.join(steps)} END", shown)


def _well_formed(of: ColumnType, text: str, kind: str) -> str:
    """Whether a text is one of the type at all; whether its value can be held is another question."""
    if of is ColumnType.STRING:
        return f"{kind} IN ('{STRING}', '{TEXT}')"
    if of is ColumnType.BOOLEAN:
        return f"({kind} = '{BOOLEAN}' OR ({kind} = '{TEXT}' AND lower({text}) IN ('true', 'false')))"
    if of in (ColumnType.DATE, ColumnType.TIMESTAMP):
        matches = f"regexp_full_match({text}, '{PATTERNS[of]}')"
        return f"({kind} IN ('{STRING}', '{TEXT}') AND {matches} AND TRY_CAST({text}[1:10] AS DATE) IS NOT NULL)"
    numeric = f"{kind} IN ('{NUMBER}', '{TEXT}') AND regexp_full_match({text}, '{NUMBER_PATTERN}')"
    if of is ColumnType.INTEGER:
        whole = f"regexp_full_match({text}, '{PATTERNS[of]}') OR abs(TRY_CAST({text} AS DOUBLE)) > {BEYOND_INTEGERS}"
        return f"({numeric} AND ({whole}))"
    return f"({numeric})"


def _value(of: ColumnType, text: str) -> str:
    if of is ColumnType.STRING:
        return text
    cast = f"TRY_CAST({text} AS {SQL_TYPES[of]})"
    if of in (ColumnType.INTEGER, ColumnType.DECIMAL):
        return f"CASE WHEN regexp_full_match({text}, '{PATTERNS[of]}') THEN {cast} END"
    return _in_range(of, cast)


def _in_range(of: ColumnType, value: str) -> str:
    """NULL outside of what every engine can hold: infinite numbers, times before the year 1 or after 9999."""
    if of is ColumnType.DOUBLE:
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if of in (ColumnType.DATE, ColumnType.TIMESTAMP):
        kind = SQL_TYPES[of]
        return f"CASE WHEN {value} >= '{FIRST_DAY}'::{kind} AND {value} < '{END_OF_TIME}'::{kind} THEN {value} END"
    return value


def _list(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
