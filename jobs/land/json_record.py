"""Reads one JSON line strictly: what every engine's record falls back to when the quick way does not know it.

Used by `careful.py`. Stricter than most engines' own parsers, and the same everywhere: no `NaN`, no trailing commas, no
comments, no repeated field, no lone surrogates, no NUL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jobs.land.fields import BOOLEAN, DUPLICATE, MALFORMED, MISSING, NESTED, NUMBER, STRING, UNKNOWN, Record, exact_number, faulty, unfit

if TYPE_CHECKING:
    from jobs.land.fields import Wanted

MARK = "\ufeff"


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's fields in order, repeated ones included."""

    __slots__ = ()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant)


def read_json(line: str, wanted: Wanted) -> tuple[Record, frozenset[str]]:
    """The record of a line, and the names of its fields that the contract does not know."""
    try:
        value = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        return faulty(wanted, MALFORMED, None, f"not JSON: {error.msg.lower()} at character {error.pos + 1}"), frozenset()
    except RecursionError:
        return faulty(wanted, MALFORMED, None, "not JSON: nested too deeply"), frozenset()
    except ValueError as error:
        return faulty(wanted, MALFORMED, None, f"not JSON: {error}"), frozenset()
    if not isinstance(value, _Object):
        return faulty(wanted, MALFORMED, None, "a JSON object is expected"), frozenset()
    return _record(value, wanted)


def _record(value: _Object, wanted: Wanted) -> tuple[Record, frozenset[str]]:
    held = dict(value)
    unknown = held.keys() - wanted.positions.keys()
    if len(held) < len(value):
        seen: set[str] = set()
        name = next(name for name, _ in value if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # `add` gives None, so `or` goes on
        return faulty(wanted, DUPLICATE, _printable(name), "it is there more than once"), frozenset(map(_printable, unknown))
    if unknown and wanted.refuses_unknown:
        name = next(name for name, _ in value if name in unknown)
        return faulty(wanted, UNKNOWN, _printable(name), "the contract does not name it"), frozenset(map(_printable, unknown))
    texts: list[str | None] = [None] * len(wanted.types)
    kinds = [MISSING] * len(wanted.types)
    for name, position in wanted.positions.items():
        if name not in held:
            continue
        kind, text = _field(held[name])
        if kind == STRING and text is not None and (wrong := unfit(text)):
            return faulty(wanted, MALFORMED, name, wrong), frozenset(map(_printable, unknown))
        kinds[position] = kind
        texts[position] = exact_number(text, wanted.types[position]) if kind == NUMBER and text is not None else text
    return Record(tuple(texts), "".join(kinds)), frozenset(map(_printable, unknown))


def _field(value: Any) -> tuple[str, str | None]:
    if value is None:
        return MISSING, None
    if isinstance(value, _Number):
        return NUMBER, str(value)
    if isinstance(value, str):
        return STRING, value
    if isinstance(value, bool):
        return BOOLEAN, "true" if value else "false"
    return NESTED, None


def _printable(name: str) -> str:
    return name.encode(errors="replace").decode()[:100]
