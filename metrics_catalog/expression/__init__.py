"""The allow-listed SQL subset in which expressions and filters are written, as typed nodes.

Text is looked over (`scanning.py`), parsed once (`grammar.py`) into frozen nodes (`nodes.py`), and refused with a finding's message
where it leaves the subset. Everything after works on nodes: types (`types.py`), columns used, one canonical text that is
part of a meaning's digest (`printing.py`), and SQL for each engine (`engines.py`, which says how meanings are pinned).

Meaning, the same on every engine: `/` is division of doubles and NULL when the divisor is 0; integers are 64 bits and
overflow is an error; decimal literals are doubles; text compares by code point; NULL follows three-valued logic; `a = b`
on different types is refused, never cast; times are UTC.
"""

from __future__ import annotations

from functools import lru_cache

from metrics_catalog.expression.engines import to_sql
from metrics_catalog.expression.errors import ExpressionError
from metrics_catalog.expression.grammar import read
from metrics_catalog.expression.nodes import Column, Node, walk
from metrics_catalog.expression.printing import canonical
from metrics_catalog.expression.types import type_of

__all__ = ["ExpressionError", "Node", "canonical", "columns", "parse", "to_sql", "type_of"]


@lru_cache(maxsize=65_536)
def parse(text: str) -> Node:
    """Nodes of an expression; raises ExpressionError. Cached by text."""
    return read(text)


def columns(node: Node) -> frozenset[str]:
    """Names of the columns it reads."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Column))
