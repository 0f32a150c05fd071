"""The shape in which a file writes its JSON lines: which fields, in which order, with which spaces.

Learned from a file's first lines by `learn`; used by `quick.py`, which accepts only lines that the shape explains to the last
character. A wrong guess costs time, never correctness.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.land.sniff import BOM

if TYPE_CHECKING:
    from jobs.land.fields import Wanted

SAMPLE = 200
STYLES = ((",", ":"), (", ", ": "))
"""What stands between fields, and between a name and its value: compact writers, and Python's default."""

PLAIN_NAME = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$@")


@dataclass(frozen=True, slots=True)
class Shape:
    """Names of fields in order, and the separators."""

    names: tuple[str, ...]
    comma: str
    colon: str


def learn(head: bytes, wanted: Wanted) -> Shape | None:
    """The shape of the first lines, or None where no shape explains half of them: then the quick way would be the long one."""
    lines = head.removeprefix(BOM).replace(b"\r\n", b"\n").split(b"\n")[:SAMPLE]
    read = [(line, value) for line in lines if (value := _read(line)) is not None]
    if not read:
        return None
    widest = max((value for _, value in read), key=lambda value: len(value))
    names = tuple(widest)
    if not _usable(names, wanted):
        return None
    shapes = [Shape(names, comma, colon) for comma, colon in STYLES]
    explained = {shape: sum(_explains(shape, line, value) for line, value in read) for shape in shapes}
    best = max(shapes, key=lambda shape: explained[shape])
    return best if explained[best] * 2 >= len(read) else None


def _explains(shape: Shape, line: bytes, value: dict[str, Any]) -> bool:
    """Whether the shape would write the line: its fields are in the shape's order, with the shape's separators."""
    in_order = [name for name in shape.names if name in value] == list(value)
    return in_order and _written(value, shape.comma, shape.colon) == line


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value else None


def _written(value: dict[str, Any], comma: str, colon: str) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(comma, colon)).encode(errors="replace")


def _usable(names: tuple[str, ...], wanted: Wanted) -> bool:
    """Names the engine can hold as columns of a record: no escapes, different even where case does not count."""
    if wanted.refuses_unknown and not set(names) <= wanted.positions.keys():
        return False
    return all(name and PLAIN_NAME.issuperset(name) for name in names) and len({name.lower() for name in names}) == len(names)
