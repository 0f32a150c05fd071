"""Calls of functions: the right number of arguments, and those that engines agree on."""

from __future__ import annotations

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.errors import OUTSIDE, ExpressionError
from metrics_catalog.expression.functions import ARGUMENTS

_OTHER_SPELLINGS = {"ceiling": "CEIL", "substr": "SUBSTRING"}
_AT_LEAST_TWO = {"CONCAT": (2, 50)}
_ROUND = "ROUND to whole numbers only: engines disagree on the last digit; round where the number is shown."


def called(word: str, arguments: tuple[n.Node, ...], position: int) -> n.Call:
    """The call of a known function (`word` in lower case)."""
    name = _OTHER_SPELLINGS.get(word, word.upper())
    least, most = {**ARGUMENTS, **_AT_LEAST_TWO}[name]
    if not least <= len(arguments) <= most:
        hint = _ROUND if name == "ROUND" else f"It takes {least}{f' to {most}' if most != least else ''}."
        raise ExpressionError(f"{name} is given a wrong number of arguments.", hint, position, OUTSIDE)
    if name == "SUBSTRING" and not _is_written(arguments[1:]):
        message = "SUBSTRING needs a written start (from 1) and a written length."
        raise ExpressionError(message, "Write SUBSTRING(x, 1, 3).", position, OUTSIDE)
    return n.Call(name, arguments)


def _is_written(numbers: tuple[n.Node, ...]) -> bool:
    return all(isinstance(each, n.Integer) and each.value >= least for each, least in zip(numbers, (1, 0), strict=False))
