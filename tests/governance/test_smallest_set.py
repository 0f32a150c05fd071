"""The smallest set that touches each of several sets, against trying them all."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access.smallest_set import smallest

SETS = st.lists(st.frozensets(st.integers(0, 7), min_size=1, max_size=4), max_size=8)


@given(SETS)
@settings(max_examples=150, deadline=None)
def test_it_touches_every_set_and_is_as_small_as_can_be(sets: list[frozenset[int]]) -> None:
    chosen, exact = smallest(sets)
    assert exact
    assert all(one & set(chosen) for one in sets)
    smaller = (set(some) for size in range(len(chosen)) for some in combinations(range(8), size))
    assert not any(all(one & some for one in sets) for some in smaller)


def test_between_choices_of_one_size_the_cheaper_is_taken() -> None:
    assert smallest([frozenset({"wildcard", "grant"})], {"wildcard": 3}) == (("grant",), True)


def test_a_question_that_is_too_large_is_answered_greedily_and_says_so() -> None:
    sets = [frozenset({(row, 0), (0, column), (row, column)}) for row in range(1, 14) for column in range(1, 14)]
    chosen, exact = smallest(sets)
    assert all(one & set(chosen) for one in sets)
    assert len(chosen) >= 13
    assert not exact or len(chosen) == 13
