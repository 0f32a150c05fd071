"""The quick way to read JSON lines: DuckDB parses a line once, and the line counts only where nothing about it is unusual.

Used by `workbench.py`. A line is *plain* when writing the parsed fields again in the file's shape gives exactly that line, it
holds no backslash, and each value is one that the contract wants. So it has no repeated or unknown field, no fault of syntax,
no number or text that reading could have changed, and each value had the type it was read as. A plain line is accepted; every
other line goes to `careful.py`, which alone says what is wrong. The quick way never refuses anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.dialects.duckdb import SQL_TYPES
from jobs.engines.duckdb import literal
from jobs.land.contract import NUMBERS, PATTERNS, required
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.land.shape import Shape
    from metrics_catalog.source import Column, Source

TIME_LIKE = "____-__-_____:__:__%"
TIME_FORMATS = tuple(
    f"%Y-%m-%d{between}%H:%M:%S{fraction}{zone}"
    for between, zones in (("T", ("Z", "+00:00", "")), (" ", ("", "+00", "+00:00", "Z")))
    for zone in zones
    for fraction in (".%f", "")
)
"""The commonest ways to write an instant, tried in this order; TIME_LIKE holds each part to its width, which the formats do not."""

TEXTUAL = (ColumnType.STRING, ColumnType.TIMESTAMP, ColumnType.DATE)


def quick_sql(source: Source, shape: Shape, relation: str) -> str:
    """Place, `chunk`, values `v0…` of every line; `line` or `bytes` is set exactly where the line is not plain.

    `relation` has the columns of `lines.line_schema`. Empty lines are left out.
    """
    columns = list(source.columns.items())
    types = {column.from_field or name: _read_as(column.type) for name, column in columns}
    parsed = f"SELECT *, TRY(from_json(line, {literal(_structure(shape, types))})) AS f FROM {relation} WHERE line IS NULL OR line <> ''"
    texts = [_field(column.from_field or name, shape) for name, column in columns]
    values = ", ".join(f"{_value(column.type, text)} AS v{i}" for i, ((_, column), text) in enumerate(zip(columns, texts, strict=True)))
    fit = [
        _fits(column, required(source, name), text, f"v{i}") for i, ((name, column), text) in enumerate(zip(columns, texts, strict=True))
    ]
    plain = " AND ".join([_written(shape, types), r"NOT contains(line, '\')", *(test for test in fit if test)])
    held = ", ".join(f"v{i}" for i in range(len(columns)))
    judged = f"SELECT *, coalesce({plain}, false) AS plain FROM (SELECT *, {values} FROM ({parsed}))"
    kept = ", ".join(f"CASE WHEN NOT plain THEN {name} END AS {name}" for name in ("line", "bytes"))
    return f"SELECT object, record, chunk, {held}, {kept} FROM ({judged})"


def _read_as(of: ColumnType) -> str:
    """What `from_json` is asked for: texts without their quotes, integers as such, the rest as JSON text."""
    if of in TEXTUAL:
        return "VARCHAR"
    return "BIGINT" if of is ColumnType.INTEGER else "JSON"


def _structure(shape: Shape, types: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{types.get(name, "JSON")}"' for name in shape.names) + "}"


def _field(field: str, shape: Shape) -> str:
    return f"f.{quoted(field)}" if field in shape.names else "NULL"


def _written(shape: Shape, types: dict[str, str]) -> str:
    """Whether the line is what the shape would write. A field that is NULL was either left out or written as null."""
    starts, ends, texts = [], [], []
    for i, name in enumerate(shape.names):
        quote = '"' if types.get(name) == "VARCHAR" else ""
        starts.append(f'{shape.comma if i else "{"}"{name}"{shape.colon}')
        ends.append(quote)
        texts.append(f"f.{quoted(name)}")
    full, after = [], ""
    for start, end, text in zip(starts, ends, texts, strict=True):
        full += [literal(after + start + end), text]
        after = end
    tries = [f"concat({', '.join(full)}, {literal(after + '}')})"]
    wrapped = [
        f"{literal(end)} || {text} || {literal(end)}" if end else f"CAST({text} AS VARCHAR)" for end, text in zip(ends, texts, strict=True)
    ]
    as_null = ", ".join(f"{literal(start)}, coalesce({text}, 'null')" for start, text in zip(starts, wrapped, strict=True))
    heads = [start.removeprefix(shape.comma if i else "{") for i, start in enumerate(starts)]
    left_out = ", ".join(f"{literal(head)} || {text}" for head, text in zip(heads, wrapped, strict=True))
    tries += [f"concat({as_null}, '}}')", f"concat('{{', concat_ws({literal(shape.comma)}, {left_out}), '}}')"]
    return f"CASE {' '.join(f'WHEN {attempt} = line THEN true' for attempt in tries)} ELSE false END"


def _value(of: ColumnType, text: str) -> str:
    """The typed value of a field; where it does not fit it may be anything, `_fits` says so."""
    if of is ColumnType.TIMESTAMP:  # a cast asks the calendar and takes five times as long
        return f"make_timestamptz(epoch_us(try_strptime({text}, [{', '.join(map(literal, TIME_FORMATS))}])))"
    if of is ColumnType.DATE:
        return f"CAST(try_strptime({text}, '%Y-%m-%d') AS DATE)"
    if of in (ColumnType.STRING, ColumnType.INTEGER):
        return f"CAST({text} AS {SQL_TYPES[of]})"
    return f"TRY_CAST(CAST({text} AS VARCHAR) AS {SQL_TYPES[of]})"


def _fits(column: Column, needed: bool, text: str, value: str) -> str:
    """Whether a field is surely right; NULL counts as no, an empty text as no test at all."""
    tests = [_common_form(column.type, text, value)]
    if column.null_values:
        tests.append(f"{text} NOT IN ({_list(column.null_values)})" if column.type in TEXTUAL else "")
    if column.values:
        tests.append(f"{text} IN ({_list(column.values)})" if column.type is ColumnType.STRING else "false")
    if column.type in NUMBERS:
        bounds = ((column.minimum, ">="), (column.maximum, "<="))
        tests += [f"{value} {sign} {bound!r}" for bound, sign in bounds if bound is not None]
    sure = " AND ".join(test for test in tests if test)
    if needed:
        return f"({sure})" if sure else f"{text} IS NOT NULL"
    return f"({text} IS NULL OR ({sure}))" if sure else ""


def _common_form(of: ColumnType, text: str, value: str) -> str:
    """What must be true of a field beside being written as its type is."""
    if of in (ColumnType.STRING, ColumnType.INTEGER):
        return ""
    held = f"CAST({text} AS VARCHAR)"
    if of is ColumnType.DOUBLE:
        return f"(isfinite({value}) AND regexp_full_match({held}, '-?[0-9].*'))"
    if of is ColumnType.DECIMAL:
        return f"({value} IS NOT NULL AND regexp_full_match({held}, '{PATTERNS[of]}'))"
    if of is ColumnType.BOOLEAN:
        return f"{held} IN ('true', 'false')"
    if of is ColumnType.DATE:
        return f"({text} LIKE '____-__-__' AND {value} >= '0001-01-01'::DATE)"
    return f"({text} LIKE '{TIME_LIKE}' AND {value} >= '0001-01-01'::TIMESTAMPTZ)"


def _list(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
