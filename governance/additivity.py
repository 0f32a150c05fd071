"""Which aggregates of a published column give a number that means nothing, and what to write instead.

A distinct count of two rows counts some viewers twice; a ratio or an average of two rows cannot be added or averaged without
its parts. Asked by the query door for each aggregate that a reader writes directly over a metric's column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError
from metrics_catalog.metric import ADDITIVITY_OF_KIND, Additivity

if TYPE_CHECKING:
    from collections.abc import Mapping

SUMS = frozenset({"sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow", "product"})
AVERAGES = frozenset({"avg", "mean", "favg", "decimal_average"})


class NotAdditiveError(RingiError):
    """An aggregate over a column whose values cannot be combined like that."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a metric decides how its published values combine."""

    kind: str
    numerator: str | None = None
    denominator: str | None = None


def refuse_misuse(function: str, column: str, shapes: Mapping[str, Shape]) -> None:
    """Raise NotAdditiveError where the aggregate of the column means nothing; columns that are no metrics are never refused."""
    shape = shapes.get(column)
    if shape is None or ADDITIVITY_OF_KIND[shape.kind] is Additivity.ADDITIVE:
        return
    name = function.lower()
    if name in SUMS or (name in AVERAGES and shape.kind in ("ratio", "average", "derived")):
        raise NotAdditiveError(f"{function}({column}) means nothing: {_why(column, shape)}", hint=_instead(column, shape))


def _why(column: str, shape: Shape) -> str:
    match shape.kind:
        case "count_distinct":
            return f"`{column}` counts different members in each row, and the rows share members."
        case "ratio":
            return f"`{column}` is a ratio, and the rows weigh differently."
        case "minimum" | "maximum":
            return f"`{column}` is a {shape.kind}; its values can be compared, not added."
    return f"`{column}` is no sum, so its rows cannot be put together like that."


def _instead(column: str, shape: Shape) -> str:
    match shape.kind:
        case "count_distinct":
            return f"read `{column}` at the grain it is published at, or ask its owners for a view with the grain you need."
        case "ratio":
            return f"write sum({shape.numerator}) / sum({shape.denominator})."
        case "minimum" | "maximum":
            return f"write {shape.kind[:3]}({column})."
    return f"read `{column}` at the grain it is published at, or compute it from the sums published beside it."
