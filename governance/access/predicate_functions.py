"""The functions of row conditions in plain Python, and what their values have in common; used by `predicate.py`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_TO_LOWER, _TO_UPPER = str.maketrans(_UPPER, _LOWER), str.maketrans(_LOWER, _UPPER)


def in_64_bits(value: int) -> int:
    """The value, or a ValueError where it does not fit an integer."""
    if not -(2**63) <= value < 2**63:
        raise ValueError("an integer overflows 64 bits")
    return value


def order(value: float) -> tuple[bool, float]:
    """A double as it is compared: not-a-number equals itself and is greater than everything."""
    return (True, 0.0) if math.isnan(value) else (False, value)


def text_matches(text: str, pattern: str) -> bool:
    """LIKE: `%` is any run of characters, `_` one character, nothing escapes."""
    parts = (".*" if each == "%" else "." if each == "_" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _first_present(args: list[Any]) -> Any:
    return next((arg for arg in args if arg is not None), None)


def _null_if_equal(args: list[Any]) -> Any:
    left, right = args
    if left is None or right is None:
        return left
    equal = order(float(left)) == order(float(right)) if isinstance(left, float) or isinstance(right, float) else left == right
    return None if equal else left


def _absolute(args: list[Any]) -> Any:
    return in_64_bits(abs(args[0])) if isinstance(args[0], int) else abs(args[0])


def _round(args: list[Any]) -> float:
    """Away from zero at .5."""
    value = float(args[0])
    if not math.isfinite(value):
        return value
    whole = float(math.trunc(value))
    return whole + math.copysign(1.0, value) if abs(value - whole) >= 0.5 else math.copysign(whole, value)


def _whole(function: Callable[[float], int]) -> Callable[[list[Any]], float]:
    def apply(args: list[Any]) -> float:
        value = float(args[0])
        return float(function(value)) if math.isfinite(value) else value

    return apply


def _extreme(choose: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def apply(args: list[Any]) -> Any:
        if any(isinstance(arg, float) for arg in args):
            return choose((float(arg) for arg in args), key=order)
        return choose(args)

    return apply


def _substring(args: list[Any]) -> str:
    text, start = args[0], args[1]
    end = len(text) if len(args) == 2 else start - 1 + args[2]
    return str(text[max(start - 1, 0) : max(end, 0)])


def _of_present(function: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    """NULL when any argument is NULL."""
    return lambda args: None if None in args else function(args)


FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "COALESCE": _first_present,
    "NULLIF": _null_if_equal,
    "ABS": _of_present(_absolute),
    "ROUND": _of_present(_round),
    "FLOOR": _of_present(_whole(math.floor)),
    "CEIL": _of_present(_whole(math.ceil)),
    "LEAST": _of_present(_extreme(min)),
    "GREATEST": _of_present(_extreme(max)),
    "LOWER": _of_present(lambda args: args[0].translate(_TO_LOWER)),
    "UPPER": _of_present(lambda args: args[0].translate(_TO_UPPER)),
    "LENGTH": _of_present(lambda args: len(args[0])),
    "SUBSTRING": _of_present(_substring),
}
"""What each function of the subset gives for the values of its arguments."""
