"""Latin words that are near a mistyped one: a few letters wrong, missing, too many, or swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

SHORTEST = 4
"""A shorter word is never corrected: too many words would be near it."""


def letters(word: str) -> int:
    """The set of a word's letters as bits; two words that are near share most of them."""
    bits = 0
    for character in word:
        bits |= 1 << (ord(character) % 61)
    return bits


def reach(word: str) -> int:
    """How many letters may be wrong: one up to seven letters, two from eight."""
    if len(word) < SHORTEST:
        return 0
    return 1 if len(word) < 8 else 2


def near(database: sqlite3.Connection, word: str, within: int, limit: int = 5) -> tuple[str, ...]:
    """Words of the index at most `within` letters away, the nearest first."""
    bits = letters(word)
    rows = database.execute("select word, letters from word where size between ? and ?", (len(word) - within, len(word) + within))
    # each wrong letter takes one letter of the set away and adds another
    likely = [other for other, theirs in rows if (bits ^ theirs).bit_count() <= 2 * within]
    measured = sorted((distance(word, other, within), other) for other in likely)
    return tuple(other for steps, other in measured if steps <= within)[:limit]


def distance(first: str, second: str, within: int) -> int:
    """Letters to change, add, drop or swap with a neighbour; `within + 1` stands for any greater distance."""
    if abs(len(first) - len(second)) > within:
        return within + 1
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and other == first[i - 2]:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > within:
            return within + 1
        before, last = last, row
    return min(last[-1], within + 1)
