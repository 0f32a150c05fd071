"""Cells as sets of columns and row conditions, and what one such set has beyond another.

A condition is split at its OR, so that a filter that gains or loses one of its alternatives is seen to widen or to narrow. Beyond
that nothing is reasoned about conditions: two texts that mean the same but are written otherwise count as different, which asks for
keys where none were needed, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from governance.lake_formation.reads.effective import How, Path
from metrics_catalog.expression import ExpressionError, canonical, parse
from metrics_catalog.expression.nodes import Logical

Rows = frozenset[str] | None
"""Alternatives of which one must be TRUE on a row; None for all rows."""

Cells = Mapping[str, Rows]
"""The rows of each column; a column that is not there shows nothing."""

Beyond = tuple[Rows, frozenset[str]]
"""Rows that one of the first shows and none of the second."""


NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=65_536)
def alternatives(condition: str) -> frozenset[str]:
    """The conditions that a condition joins with OR at its top."""
    try:
        node = parse(condition)
    except ExpressionError:
        return frozenset({condition})
    parts = node.operands if isinstance(node, Logical) and node.op == "OR" else (node,)
    return frozenset(canonical(part) for part in parts)


def cells(paths: Iterable[Path]) -> dict[str, Rows]:
    """What several ways show together. An administrator's way shows nothing until a grant is made."""
    found: dict[str, Rows] = {}
    for path in paths:
        if path.how is How.ADMINISTRATOR:
            continue
        if path.rows is None:
            found.update(dict.fromkeys(path.columns))
            continue
        rows = alternatives(path.rows)
        for column in path.columns:
            known = found.get(column, NOTHING)
            found[column] = None if known is None else known | rows
    return found


def beyond(cells: Cells, known: Cells) -> dict[str, Beyond]:
    """What `cells` shows and `known` does not, by column."""
    found: dict[str, Beyond] = {}
    for column, rows in cells.items():
        before = known.get(column, NOTHING)
        if before is not None and (rows is None or not rows <= before):
            found[column] = (rows, before)
    return found
