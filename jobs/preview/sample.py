"""Which country-days a preview computes: all where they are few enough, else a sample that depends on nothing but their names.

A country-day is taken whole or not at all, so every number in the sample is the number that a run would publish. Of each country
the same number of days is taken, those with the lowest SHA-256 hashes of country and day: no country is left out, the same lake
gives the same sample on every machine, and nobody can choose it. Where even reading would take long, days are drawn first, by the
hash of the day, and each country's days among them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobs.facts.cells import Pair
    from jobs.facts.chunks import Span

T = TypeVar("T")

FEWEST = 5
"""Days of a country (or of all, where those were drawn first) below which a sample states no interval."""

LEAST_OF_COUNTRY, LEAST_DAYS = 2, 10
"""Fewer days would say little about the rest."""

FILES_A_DAY = 3
"""A country's day lies in up to three files of UTC days."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a lake a sample takes.

    About `events` events are counted, and a lake with fewer is computed whole. From `read` events on, days are drawn first, so that
    the files of the other days are not opened. `pairs` are the most country-days, since they are written into the statement.
    """

    events: int = 8_000_000
    read: int = 60_000_000
    pairs: int = 5_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Sample:
    """What is computed of `countries` x `days` country-days, with `events` in their files.

    `pairs` is None where all of them are computed. `drawn_days` is None where no day was left out beforehand.
    """

    countries: int
    days: int
    events: int
    pairs: frozenset[Pair] | None = None
    drawn_days: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every country-day is computed, so that nothing is estimated."""
        return self.pairs is None

    @property
    def of(self) -> int:
        """How many country-days there are in which events may lie."""
        return self.countries * self.days

    @property
    def drawn(self) -> int:
        """How many country-days are computed."""
        return self.of if self.pairs is None else len(self.pairs)

    @property
    def of_country(self) -> int:
        """How many days of each country are computed."""
        return self.drawn // self.countries if self.countries else 0

    @property
    def share(self) -> float:
        """The part of the country-days that is computed, from 0 to 1."""
        return self.drawn / self.of if self.of else 1.0

    def sentence(self) -> str:
        """What was computed, for a person."""
        if self.is_whole:
            return f"All {self.of:,} country-days were computed, {self.events:,} events: the numbers are exact."
        first = f" {self.drawn_days:,} of {self.days:,} days were drawn first." if self.drawn_days is not None else ""
        return (
            f"A sample: {self.drawn:,} of {self.of:,} country-days ({self.share:.1%}), {self.of_country} of each country, each computed whole,"
            f" drawn by a hash of country and day from {self.events:,} events.{first}"
        )


def draw(spans: Sequence[Span] | None, countries: Sequence[str], *, whole: bool = False, limits: Limits = LIMITS) -> Sample:
    """The country-days to compute. `spans` say where the files' events lie; None where that is not known, then all is computed."""
    if spans is None:
        return Sample(len(countries), 0, 0)
    events, days = sum(span.file.rows for span in spans), _days(spans)
    every = Sample(len(countries), len(days), events)
    if whole or events <= limits.events:
        return every
    share = limits.events / events
    chosen, drawn_days = days, None
    if events > limits.read:
        drawn_days = min(len(days), max(LEAST_DAYS, ceil(len(days) * limits.read / events / FILES_A_DAY)))
        chosen = sorted(_lowest([(day.isoformat(), day) for day in days], drawn_days))
    most = max(1, limits.pairs // max(1, len(countries)))
    count = min(len(chosen), most, max(LEAST_OF_COUNTRY, ceil(share * len(days))))
    pairs = {pair for code in countries for pair in _lowest([(f"{code} {day.isoformat()}", (code, day)) for day in chosen], count)}
    return Sample(len(countries), len(days), events, frozenset(pairs), drawn_days)


def _days(spans: Iterable[Span]) -> list[dt.date]:
    """Every local day on which the files may have events."""
    found: set[dt.date] = set()
    for first, last in {(span.first, span.last) for span in spans}:
        found.update(first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return sorted(found)


def _lowest(named: Iterable[tuple[str, T]], count: int) -> list[T]:
    """The things whose names have the lowest hashes."""
    hashed = sorted(((hashlib.sha256(name.encode()).digest(), thing) for name, thing in named), key=lambda pair: pair[0])
    return [thing for _, thing in hashed[:count]]
