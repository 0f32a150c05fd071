"""Whether what two engines left is the same: exact, but for doubles, which may differ by 1e-9 of their size."""

from __future__ import annotations

import math
from typing import Any


def same(one: Any, other: Any) -> bool:
    """Equal; doubles, and doubles written as text in the ledger, within 1e-9 of their size."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(same, one, other))
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except (TypeError, ValueError):
        return False


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of the parts that are not the same."""
    return sorted(name for name in one.keys() | other.keys() if not same(one.get(name), other.get(name)))
