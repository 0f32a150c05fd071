"""What a metric is made of: the names in its How, read once however often they are asked for.

Used wherever metrics are followed up or down: rules, `describe`, the diff.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from metrics_catalog import expression
from metrics_catalog.canonical_json import nfc
from metrics_catalog.metric import Derived, Ratio

if TYPE_CHECKING:
    from metrics_catalog.metric import How


def parsed(text: str) -> expression.Node | None:
    """Nodes of a text, or None where it cannot be read; the rule of expressions says why."""
    try:
        return expression.parse(nfc(text))
    except expression.ExpressionError:
        return None


def canonical(text: str) -> str:
    """The one text for all ways to write the same expression; the text itself where it cannot be read."""
    node = parsed(text)
    return expression.canonical(node) if node is not None else text


def parts_of(how: How) -> tuple[str, ...]:
    """Names of the metrics that a ratio or derived metric is made of, a ratio's numerator first; empty for other kinds."""
    if isinstance(how, Ratio):
        return (how.numerator, how.denominator)
    return _names_in(how.expression) if isinstance(how, Derived) else ()


@lru_cache(maxsize=65_536)
def _names_in(text: str) -> tuple[str, ...]:
    node = parsed(text)
    return tuple(sorted(expression.columns(node))) if node is not None else ()
