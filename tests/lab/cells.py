"""Compares two readings of one table cell by cell: exact, but for doubles, which may differ by 1e-9 of their size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

RELATIVE = 1e-9


def assert_same_cells(expected: Sequence[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> None:
    """Rows in any order; the first cell that differs is named."""
    left, right = _sorted(expected), _sorted(found)
    assert len(left) == len(right), f"{len(right)} rows, expected {len(left)}"
    for one, other in zip(left, right, strict=True):
        assert list(one) == list(other), f"columns {list(other)}, expected {list(one)}"
        for column, value in one.items():
            assert _same(value, other[column]), f"{column} is {other[column]!r}, expected {value!r}, in {one}"


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=RELATIVE, abs_tol=0.0) or (math.isnan(value) and math.isnan(other))
    return type(value) is type(other) and value == other


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By the cells that are no doubles: they tell the rows of a grain apart."""
    return sorted(rows, key=lambda row: [str(value) for value in row.values() if not isinstance(value, float)])
