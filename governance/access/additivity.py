"""Which aggregates of a published column give a number that means nothing, and what to write instead.

A distinct count of two rows counts some viewers twice; a ratio or an average of two rows cannot be added or averaged without
its parts. Asked by the query door for each aggregate that a reader writes directly over a metric's column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledgers.query_refusal import RefusalCode
from metrics_catalog.errors import RingiError
from metrics_catalog.metric import Additivity, CountDistinct, Maximum, Minimum, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.metric import How, Metric

SUMS = frozenset({"sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow", "product"})
AVERAGES = frozenset({"avg", "mean", "favg", "decimal_average"})


class NotAdditiveError(RingiError):
    """An aggregate over a column whose values cannot be combined like that."""

    code = RefusalCode.NOT_ADDITIVE


def refuse_misuse(function: str, column: str, metrics: Mapping[str, Metric]) -> None:
    """Raise NotAdditiveError where the sum or average of a column means nothing; columns that are no metrics are never refused."""
    metric = metrics.get(column)
    if metric is None or metric.additivity is Additivity.ADDITIVE:
        return
    name = function.lower()
    if name in SUMS or (name in AVERAGES and metric.how.kind in ("ratio", "average", "derived")):
        raise NotAdditiveError(f"{function}({column}) means nothing: {_why(column, metric.how)}", hint=_instead(column, metric.how))


def _why(column: str, how: How) -> str:
    match how.kind:
        case "count_distinct":
            return f"`{column}` counts different members in each row, and the rows share members."
        case "ratio":
            return f"`{column}` is a ratio, and the rows weigh differently."
        case "minimum" | "maximum":
            return f"`{column}` is a {how.kind}; its values can be compared, not added."
    return f"`{column}` is no sum, so its rows cannot be put together like that."


def _instead(column: str, how: How) -> str:
    match how:
        case CountDistinct():
            return f"read `{column}` at the grain it is published at, or ask its owners for a view with the grain you need."
        case Ratio():
            return f"write sum({how.numerator}) / sum({how.denominator})."
        case Minimum() | Maximum():
            return f"write {how.kind[:3]}({column})."
    return f"read `{column}` at the grain it is published at, or compute it from the sums published beside it."
