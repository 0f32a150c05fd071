"""Whether the text of a record tells of a person: read as the contract would, or word by word where it cannot be read.

Used where records were refused, so that no typed value is at hand: by landing for persons on the suppression list, and by
`jobs.erase`. A record that has the subject's field tells of a person by that field alone: what stands in its other fields is another thing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    IsSubject = Callable[[str], bool]

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?')
_CELL = re.compile(r"[^,;\t|\r\n]+")
_WORD = re.compile(r"[^\s,;:\t|\"'=&?<>{}\[\]()/\\]+")
WRAPPED = " \t\r\n\"'"


def mentions(text: str, field: str, is_subject: IsSubject) -> bool:
    """Whether a record's text tells of a person; `field` is the subject's name in the file."""
    pairs = _fields(text)
    if pairs is not None:
        named = any(name == field for name, _ in pairs)
        return any(value is not None and is_subject(value) for name, value in pairs if name == field or not named)
    return any(is_subject(word) for word in set(words(text)))


def words(text: str) -> Iterator[str]:
    """Whatever in a text could be a value: quoted texts, cells, and words."""
    for match in _QUOTED.finditer(text):
        yield _unescaped(match.group(1))
    for match in _CELL.finditer(text):
        yield match.group().strip(WRAPPED).replace('""', '"')
    for match in _WORD.finditer(text):
        yield match.group()


def text_of(raw: bytes) -> str:
    """Bytes that are no UTF-8 as a text in which whole values can still be found."""
    return raw.decode(errors="replace")


def _fields(text: str) -> list[tuple[str, str | None]] | None:
    """All fields of a JSON object, repeated ones too, values as texts (None for lists, objects and null); None for no object."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        held = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return [(name, value if isinstance(value, str) else None) for name, value in held] if isinstance(held, _Pairs) else None


class _Pairs(list[tuple[str, Any]]):
    """The fields of an object in their order."""


def _unescaped(inner: str) -> str:
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError:
        return inner
