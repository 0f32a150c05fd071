"""Filters as bits: each different filter of a block is computed once a row and kept in a word of bits.

Later steps test bits instead of computing conditions again, and a distinct count over several filters needs one set of bits
per value instead of one set of values per filter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics_catalog.expression import Node

WORD = 63
"""Bits in a word: a signed 64-bit integer has them on every engine."""


@dataclass(frozen=True, slots=True)
class Bits:
    """The bit of each filter: (word, bit within the word)."""

    place: dict[Node, tuple[int, int]]

    @staticmethod
    def of(filters: Iterable[Node]) -> Bits:
        """One bit for each different filter, in order of first use."""
        return Bits({node: divmod(number, WORD) for number, node in enumerate(dict.fromkeys(filters))})

    @property
    def words(self) -> list[list[Node]]:
        """The filters of each word, by bit."""
        found: list[list[Node]] = []
        for node, (word, _) in self.place.items():
            if word == len(found):
                found.append([])
            found[word].append(node)
        return found

    def width(self, word: int) -> int:
        """How many bits of a word are in use."""
        return len(self.words[word])

    def masks(self, filters: Iterable[Node]) -> dict[int, int]:
        """By word, the bits of some filters."""
        found: dict[int, int] = {}
        for node in filters:
            word, bit = self.place[node]
            found[word] = found.get(word, 0) | 1 << bit
        return found
