"""The smallest set of things that touches each of several sets: which revokes close every way to a table.

Used by the explanations of access. Exact where the question is small, as it is for access that people wrote; else greedy, and it
says so.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

STEPS = 20_000
"""Steps of the search after which the greedy answer is given."""


def smallest(sets: Iterable[frozenset[T]], cost: dict[T, int] | None = None) -> tuple[tuple[T, ...], bool]:
    """Things of which each set has one, as few as can be, and whether no smaller choice exists. Every set must have something.

    Between choices of one size the one with the least `cost` is taken, then the first by its text, so that the answer is the same
    in every run.
    """
    wanted = _needed(set(sets))
    prices = {one: ((cost or {}).get(one, 0), repr(one)) for one in set(chain.from_iterable(wanted))}
    greedy = _greedy(wanted, prices)
    search: _Search[T] = _Search(prices, greedy)
    search.run(wanted, ())
    return tuple(sorted(search.best, key=lambda one: prices[one])), search.steps <= STEPS


def _needed(sets: set[frozenset[T]]) -> list[frozenset[T]]:
    """Sets without those that hold another one: whoever touches the smaller touches them too."""
    ordered = sorted(sets, key=lambda one: (len(one), sorted(map(repr, one))))
    kept: list[frozenset[T]] = []
    for one in ordered:
        if not any(other <= one for other in kept):
            kept.append(one)
    return kept


def _greedy(sets: list[frozenset[T]], prices: dict[T, tuple[int, str]]) -> tuple[T, ...]:
    left, chosen = list(sets), []
    while left:
        counts: dict[T, int] = {}
        for one in chain.from_iterable(left):
            counts[one] = counts.get(one, 0) + 1
        best = min(counts, key=lambda one: (-counts[one], prices[one]))
        chosen.append(best)
        left = [one for one in left if best not in one]
    return tuple(chosen)


class _Search(Generic[T]):
    """Tries the elements of one untouched set after the other, and leaves a branch that cannot beat the best so far."""

    def __init__(self, prices: dict[T, tuple[int, str]], best: tuple[T, ...]) -> None:
        self._prices, self.best, self.steps = prices, best, 0

    def run(self, left: list[frozenset[T]], chosen: tuple[T, ...]) -> None:
        self.steps += 1
        if self.steps > STEPS:
            return
        if not left:
            if self._rank(chosen) < self._rank(self.best):
                self.best = chosen
            return
        if len(chosen) + _apart(left) > len(self.best):
            return
        shortest = min(left, key=len)
        for one in sorted(shortest, key=lambda each: self._prices[each]):
            self.run([each for each in left if one not in each], (*chosen, one))

    def _rank(self, chosen: tuple[T, ...]) -> tuple[int, int, list[str]]:
        return len(chosen), sum(self._prices[one][0] for one in chosen), sorted(self._prices[one][1] for one in chosen)


def _apart(sets: list[frozenset[T]]) -> int:
    """How many sets have nothing in common with one another, at least: each needs a thing of its own."""
    seen: set[T] = set()
    count = 0
    for one in sorted(sets, key=len):
        if seen.isdisjoint(one):
            seen |= one
            count += 1
    return count
