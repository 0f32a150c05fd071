"""The rows of an example as texts that every engine casts alike, and the FROM item that holds them.

Made by `trial.py` from what a person wrote; values are checked here, so that an engine never meets one it cannot cast.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from jobs.dialects import quoted
from jobs.errors import JobError
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.dialects import Dialect

TypedRow = dict[str, str | None]
"""A row whose values are texts that the type of their column can be cast from; None is NULL."""

_LARGEST = {ColumnType.INTEGER: 2**63, ColumnType.DECIMAL: 10**12, ColumnType.DOUBLE: math.inf}
_WORDS = {
    ColumnType.STRING: "a text",
    ColumnType.INTEGER: "a whole number of 64 bits",
    ColumnType.DECIMAL: "a number with at most 12 digits before the point",
    ColumnType.DOUBLE: "a finite number",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.TIMESTAMP: 'a time such as "2026-10-28T11:00:00Z"',
    ColumnType.DATE: 'a day such as "2026-10-28"',
}


class ExampleError(JobError):
    """An example that cannot be computed; `path` is where in the example, such as `("rows", 0, "position_s")`, `code` the finding's."""

    def __init__(self, message: str, *, hint: str, path: tuple[str | int, ...] = (), code: str = "RNG-JOB-090") -> None:
        super().__init__(message, hint=hint)
        self.path, self.code = path, code


def text_of(value: Any, kind: ColumnType, example: str, path: tuple[str | int, ...]) -> str | None:
    """A value of a row as text; numbers lose no digit, times are UTC. Raises ExampleError where it does not fit its column."""
    if value is None:
        return None
    text = _text(value, kind)
    if text is None:
        column = f"`{path[-1]}`" if path else "its column"
        raise ExampleError(f"`{value}` in the example `{example}` does not fit {column}.", hint=f"expected {_WORDS[kind]}.", path=path)
    return text


def _text(value: Any, kind: ColumnType) -> str | None:
    match kind:
        case ColumnType.INTEGER | ColumnType.DECIMAL | ColumnType.DOUBLE:
            return _number(value, kind)
        case ColumnType.BOOLEAN:
            return str(value).lower() if isinstance(value, bool) else None
        case ColumnType.TIMESTAMP:
            time = instant(value)
            return None if time is None else time.astimezone(dt.UTC).isoformat(sep=" ")
        case ColumnType.DATE:
            found = day(value)
            return None if found is None else found.isoformat()
    return str(value) if isinstance(value, str | int | float | dt.date) and not isinstance(value, bool) else None


def _number(value: Any, kind: ColumnType) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if (kind is ColumnType.INTEGER and value != int(value)) or abs(value) >= _LARGEST[kind]:
        return None
    return str(int(value)) if kind is ColumnType.INTEGER else repr(value)


def instant(value: Any) -> dt.datetime | None:
    """An instant from what a person wrote; without a zone it is UTC. None where it is no time."""
    try:
        time = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=dt.UTC)


def day(value: Any) -> dt.date | None:
    """A day from what a person wrote, or None."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def relation(rows: Sequence[Mapping[str, str | None]], types: Mapping[str, ColumnType], dialect: Dialect) -> str:
    """A FROM item that holds rows, with columns of the given types; it may hold none."""
    present = [name for name in types if any(row.get(name) is not None for row in rows)]
    given = {name: f"c{number}" for number, name in enumerate(present)}
    selected = ", ".join(f"CAST({given.get(name, 'NULL')} AS {dialect.type(kind)}) AS {quoted(name)}" for name, kind in types.items())
    if not present:  # a column in which nothing stands has no type of its own, so it is not among the values
        given, held = {"": "c0"}, ", ".join("(0)" for _ in rows or (0,))
    else:
        held = ", ".join(f"({_written(row, present, dialect)})" for row in rows)
    return f"(SELECT {selected} FROM (VALUES {held}) AS given({', '.join(given.values())}){'' if rows else ' WHERE 1 = 0'})"


def _written(row: Mapping[str, str | None], names: Sequence[str], dialect: Dialect) -> str:
    return ", ".join("NULL" if (text := row.get(name)) is None else dialect.string(text) for name in names)
