"""Numbers of records as a short text, such as `3,7-9`, and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

ALL = "all"


def as_text(numbers: Collection[int]) -> str:
    """The numbers in order, neighbours as a range."""
    stretches: list[list[int]] = []
    for number in sorted(set(numbers)):
        if stretches and stretches[-1][1] == number - 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in stretches)


def from_text(text: str) -> set[int]:
    """The numbers of such a text; none for `all`, which names no number."""
    found: set[int] = set()
    for stretch in text.split(",") if text and text != ALL else ():
        first, _, last = stretch.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def remaining(gone: Collection[int]) -> Iterator[int]:
    """The numbers, from 1, of what is left when some are gone."""
    return (number for number in count(1) if number not in gone)
