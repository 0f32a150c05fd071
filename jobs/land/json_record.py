"""Reads one JSON line strictly: what every engine's record falls back to when the quick way does not know it.

Used by `careful.py`. Stricter than most engines' own parsers, and the same everywhere: no `NaN`, no trailing commas, no
comments, no repeated field, no lone surrogates, no NUL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jobs.land.fields import (
    BOOLEAN,
    DUPLICATE,
    MALFORMED,
    MISSING,
    NESTED,
    NUMBER,
    STRING,
    UNKNOWN,
    Record,
    exact_number,
    faulty,
    printable,
    unfit,
)

if TYPE_CHECKING:
    from jobs.land.fields import Wanted

NOTHING: frozenset[str] = frozenset()


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Twice(list[tuple[str, Any]]):
    """The fields of an object in which a name is there more than once."""

    __slots__ = ()


def _object(pairs: list[tuple[str, Any]]) -> Any:
    held = dict(pairs)
    return held if len(held) == len(pairs) else _Twice(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_Number, parse_constant=_no_constant)
_OF_LONG_NUMBERS = json.JSONDecoder(object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant)
"""Python makes no integer of more than 4,300 digits; slower, so only used where that was met."""


def read_json(line: str, wanted: Wanted) -> tuple[Record, frozenset[str]]:
    """The record of a line, and the names of its fields that the contract does not know."""
    try:
        value = _decoded(line)
    except json.JSONDecodeError as error:
        return faulty(wanted, MALFORMED, None, f"not JSON: {error.msg.lower()} at character {error.pos + 1}"), NOTHING
    except RecursionError:
        return faulty(wanted, MALFORMED, None, "not JSON: nested too deeply"), NOTHING
    except ValueError as error:
        return faulty(wanted, MALFORMED, None, f"not JSON: {error}"), NOTHING
    if isinstance(value, _Twice):
        return _twice(value, wanted)
    if not isinstance(value, dict):
        return faulty(wanted, MALFORMED, None, "a JSON object is expected"), NOTHING
    if value.keys() <= wanted.positions.keys():
        return _record(value, wanted), NOTHING
    unknown = [name for name in value if name not in wanted.positions]
    names = frozenset(map(printable, unknown))
    if wanted.refuses_unknown:
        return faulty(wanted, UNKNOWN, printable(unknown[0]), "the contract does not name it"), names
    return _record(value, wanted), names


def _decoded(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _OF_LONG_NUMBERS.decode(line)


def _twice(value: _Twice, wanted: Wanted) -> tuple[Record, frozenset[str]]:
    names = [name for name, _ in value]
    first = next(name for position, name in enumerate(names) if name in names[:position])
    unknown = frozenset(printable(name) for name in names if name not in wanted.positions)
    return faulty(wanted, DUPLICATE, printable(first), "it is there more than once"), unknown


def _record(value: dict[str, Any], wanted: Wanted) -> Record:
    texts: list[str | None] = [None] * len(wanted.types)
    kinds = [MISSING] * len(wanted.types)
    for name, position in wanted.positions.items():
        held = value.get(name)
        if held is None:
            continue
        if type(held) is str:
            if not held.isascii() or "\0" in held:
                wrong = unfit(held)
                if wrong:
                    return faulty(wanted, MALFORMED, name, wrong)
            kinds[position], texts[position] = STRING, held
        elif type(held) is int:
            kinds[position], texts[position] = NUMBER, str(held)
        elif type(held) is _Number:
            kinds[position], texts[position] = NUMBER, exact_number(held, wanted.types[position])
        elif isinstance(held, bool):
            kinds[position], texts[position] = BOOLEAN, "true" if held else "false"
        else:
            kinds[position] = NESTED
    return Record(tuple(texts), "".join(kinds))
