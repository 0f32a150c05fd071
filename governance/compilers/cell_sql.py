"""What every SQL target has in common: the conditions of an access as one text, and one expression a column.

Used by the compilers of DuckDB and Trino, which differ in their words for values, types and masks (`Words`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.expression import to_sql

if TYPE_CHECKING:
    from governance.access.evaluator import Access, Way
    from governance.policy.masks import Mask
    from metrics_catalog.expression import Node
    from metrics_catalog.source import ColumnType


def quoted(name: str) -> str:
    """An identifier, quoted as DuckDB and Trino read it."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Words:
    """How an engine says it. `dialect` is that of conditions."""

    dialect: str
    stored: Callable[[str], str]
    """A column's stored value, by the column's name."""
    compared: Callable[[str, ColumnType], str]
    """The same as conditions know it: times without an offset, in UTC."""
    masked: Callable[[Mask, str, ColumnType], str]
    """What a mask leaves of a stored value; NULL of NULL, or a fixed value."""


def some_true(access: Access, conditions: Iterable[Node], words: Words) -> str:
    """TRUE iff one of the conditions is TRUE; else FALSE or NULL, which mean the same in WHERE and in CASE."""
    types = access.relation.types
    names = {name: words.compared(name, kind) for name, kind in types.items()}
    texts = [to_sql(node, words.dialect, names, types) for node in conditions]
    return texts[0] if len(texts) == 1 else " OR ".join(f"({text})" for text in texts)


def cell(access: Access, column: str, words: Words) -> str:
    """A column's cell in a visible row: its value, what a mask leaves of it, or NULL."""
    ways = access.ways(column)
    if ways and ways[0].conditions is None:
        return _shown(access, column, ways[0], words)
    cases = [f"WHEN {some_true(access, way.conditions, words)} THEN {_shown(access, column, way, words)}" for way in ways if way.conditions]
    last = "" if ways[-1].conditions else f" ELSE {_shown(access, column, ways[-1], words)}"
    return f"CASE {' '.join(cases)}{last} END"


def _shown(access: Access, column: str, way: Way, words: Words) -> str:
    value = words.stored(column)
    return value if way.mask is None else words.masked(way.mask, value, access.relation.types[column])
