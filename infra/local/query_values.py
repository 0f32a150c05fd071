"""The rows that the locked process sent as values of Python, by column; used by `query.py`.

JSON carries numbers, texts, lists and objects; what it has no word for travels as text and is read back here by the column's
type. Inside lists and structs it stays text.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.query_process import RawResult

_READERS: dict[str, Callable[[str], Any]] = {
    "DATE": dt.date.fromisoformat,
    "TIME": dt.time.fromisoformat,
    "TIMESTAMP": dt.datetime.fromisoformat,
    "TIMESTAMP WITH TIME ZONE": dt.datetime.fromisoformat,
    "DECIMAL": Decimal,
    "BLOB": bytes.fromhex,
}


def typed_rows(result: RawResult) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Column names (a second `a` is called `a_1`) and rows."""
    names = _different([name for name, _ in result.columns])
    readers = [_READERS.get(kind.partition("(")[0]) for _, kind in result.columns]
    return names, [{name: _value(cell, reader) for name, cell, reader in zip(names, row, readers, strict=True)} for row in result.rows]


def _value(cell: Any, reader: Callable[[str], Any] | None) -> Any:
    if reader is None or not isinstance(cell, str):
        return cell
    try:
        return reader(cell)
    except (ValueError, InvalidOperation):  # such as the date `infinity`
        return cell


def _different(names: list[str]) -> tuple[str, ...]:
    """The names, each once: a later twin gets the first number that no column has."""
    taken, seen, result = set(names), set[str](), list[str]()
    for name in names:
        number, candidate = 0, name
        while candidate in seen or (number and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        result.append(candidate)
    return tuple(result)
