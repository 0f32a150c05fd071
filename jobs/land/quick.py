"""The quick way to read JSON lines: DuckDB parses a line once, and the line counts only where nothing about it is unusual.

Used by `judging.py`. A line is *plain* when writing the parsed fields again in the file's shape gives exactly that line, it
holds no backslash, and each field is, in its commonest form, what the contract wants. So it has no repeated or unknown field,
no fault of syntax and no number that reading could change. A plain line is accepted; every other line goes to `careful.py`,
which alone says what is wrong. The quick way never refuses anything, so it needs no rules of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.engines.duckdb import SQL_TYPES, literal, quoted
from jobs.land.contract import NUMBERS, PATTERNS, required
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.land.shape import Shape
    from metrics_catalog.source import Column, Source

TIME_LIKE = '"____-__-__T__:__:__%"'
TIME_FORMATS = ('"%Y-%m-%dT%H:%M:%S.%fZ"', '"%Y-%m-%dT%H:%M:%SZ"', '"%Y-%m-%dT%H:%M:%S.%f+00:00"', '"%Y-%m-%dT%H:%M:%S+00:00"')


def quick_sql(source: Source, shape: Shape, relation: str) -> str:
    """Place, `chunk`, values `v0…` of every line; `line` or `bytes` is set exactly where the line is not plain.

    `relation` has the columns of `lines.line_schema`. Empty lines are left out.
    """
    parsed = f"SELECT *, TRY(from_json(line, {literal(_structure(shape))})) AS f FROM {relation} WHERE line IS NULL OR line <> ''"
    columns = list(source.columns.items())
    fields = [column.from_field or name for name, column in columns]
    texts = [f"CAST(f.{quoted(field)} AS VARCHAR)" if field in shape.names else "NULL::VARCHAR" for field in fields]
    values = ", ".join(f"{_value(column.type, text)} AS v{i}" for i, ((_, column), text) in enumerate(zip(columns, texts, strict=True)))
    fit = [
        _fits(column, required(source, name), text, f"v{i}") for i, ((name, column), text) in enumerate(zip(columns, texts, strict=True))
    ]
    plain = " AND ".join([f"({_written(shape)})", r"NOT contains(line, '\')", *fit])
    held = ", ".join(f"v{i}" for i in range(len(columns)))
    judged = f"SELECT *, coalesce({plain}, false) AS plain FROM (SELECT *, {values} FROM ({parsed}))"
    kept = ", ".join(f"CASE WHEN NOT plain THEN {name} END AS {name}" for name in ("line", "bytes"))
    return f"SELECT object, record, chunk, {held}, {kept} FROM ({judged})"


def _structure(shape: Shape) -> str:
    """The structure that `from_json` is asked for: every field as JSON text."""
    return "{" + ", ".join(f'"{name}": "JSON"' for name in shape.names) + "}"


def _written(shape: Shape) -> str:
    """Whether the line is what the shape would write; a field that is NULL was either left out or written as null."""

    def line(null: str) -> str:
        parts = ", ".join(
            f"{literal(f'{chr(34)}{name}{chr(34)}{shape.colon}')} || {null.format(f'f.{quoted(name)}')}" for name in shape.names
        )
        return f"concat('{{', concat_ws({literal(shape.comma)}, {parts}), '}}') = line"

    return f"CASE WHEN {line('{}')} THEN true ELSE {line('coalesce({}, {})'.format('{}', chr(39) + 'null' + chr(39)))} END"


def _value(of: ColumnType, text: str) -> str:
    """The value of a field's JSON text; what does not fit its commonest form may give anything, `_fits` says so."""
    inner = f"substring({text}, 2, length({text}) - 2)"
    if of is ColumnType.STRING:
        return inner
    if of is ColumnType.TIMESTAMP:
        formats = ", ".join(literal(one) for one in TIME_FORMATS)
        return f"CAST(try_strptime({text}, [{formats}]) AS TIMESTAMP WITH TIME ZONE)"
    if of is ColumnType.DATE:
        return f"CAST(try_strptime({text}, '\"%Y-%m-%d\"') AS DATE)"
    return f"TRY_CAST({text} AS {SQL_TYPES[of]})"


def _fits(column: Column, needed: bool, text: str, value: str) -> str:
    """Whether a field is surely right; NULL counts as no."""
    tests = [_common_form(column.type, text, value)]
    if column.null_values:
        tests.append(f"{text} NOT IN ({_quoted_list(column.null_values)})")
    if column.values:
        tests.append(f"{text} IN ({_quoted_list(column.values)})" if column.type is ColumnType.STRING else "false")
    if column.type in NUMBERS:
        bounds = ((column.minimum, ">="), (column.maximum, "<="))
        tests += [f"{value} {sign} {bound!r}" for bound, sign in bounds if bound is not None]
    sure = " AND ".join(tests)
    return f"({sure})" if needed else f"({text} IS NULL OR ({sure}))"


def _common_form(of: ColumnType, text: str, value: str) -> str:
    if of is ColumnType.STRING:
        return f"starts_with({text}, '\"')"
    if of is ColumnType.INTEGER:
        return f"CAST({value} AS VARCHAR) = {text}"
    if of is ColumnType.DOUBLE:
        return f"(isfinite({value}) AND regexp_full_match({text}, '-?[0-9].*'))"
    if of is ColumnType.DECIMAL:
        return f"({value} IS NOT NULL AND regexp_full_match({text}, '{PATTERNS[of]}'))"
    if of is ColumnType.BOOLEAN:
        return f"{text} IN ('true', 'false')"
    if of is ColumnType.DATE:
        return f"({text} LIKE '\"____-__-__\"' AND {value} >= '0001-01-01'::DATE)"
    return f"({text} LIKE '{TIME_LIKE}' AND {value} >= '0001-01-01'::TIMESTAMPTZ)"


def _quoted_list(values: Sequence[str]) -> str:
    """Values as they stand in JSON; one that would be escaped there never meets a plain line."""
    return ", ".join(literal(f'"{value}"') for value in values)
