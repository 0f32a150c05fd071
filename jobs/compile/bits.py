"""Filters as bits: each different filter of a block is computed once a row and kept in a word of bits.

Later steps test bits instead of computing conditions again, and a distinct count over several filters needs one set of bits
per value instead of one set of values per filter. Steps that read the same rows share their words; where an engine computes
the rows anew for each step, each step has words of its own, so that none computes a filter it does not test.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics_catalog.expression import Node

WORD = 63
"""Bits in a word: a signed 64-bit integer has them on every engine."""


@dataclass(frozen=True, slots=True)
class Bits:
    """The bit of each filter for each step that has words of its own: (word, bit within the word)."""

    place: dict[tuple[Hashable, Node], tuple[int, int]]

    @staticmethod
    def of(filters: Mapping[Hashable, Iterable[Node]]) -> Bits:
        """One bit for each different filter of a step, in order of first use; each step begins a word."""
        place: dict[tuple[Hashable, Node], tuple[int, int]] = {}
        first = 0
        for step, nodes in filters.items():
            different = list(dict.fromkeys(nodes))
            for number, node in enumerate(different):
                word, bit = divmod(number, WORD)
                place[step, node] = (first + word, bit)
            first += -(-len(different) // WORD)
        return Bits(place)

    @property
    def words(self) -> list[list[Node]]:
        """The filters of each word, by bit."""
        found: list[list[Node]] = []
        for (_, node), (word, _) in self.place.items():
            if word == len(found):
                found.append([])
            found[word].append(node)
        return found

    def width(self, word: int) -> int:
        """How many bits of a word are in use."""
        return len(self.words[word])

    def masks(self, step: Hashable, filters: Iterable[Node]) -> dict[int, int]:
        """By word, the bits of some filters of a step."""
        found: dict[int, int] = {}
        for node in filters:
            word, bit = self.place[step, node]
            found[word] = found.get(word, 0) | 1 << bit
        return found
