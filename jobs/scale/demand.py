"""What arrives: events by batch, by country and by the hour in which they occurred. Read by `simulation.py`.

Country sizes follow Zipf's law, each country watches most in its own evening, and a share of events comes late. Everything is cut in
whole events by cumulative shares, so nothing is lost or made by rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

HOURS = 24
MINUTES = HOURS * 60
SCALE = 1_000_000
"""Shares are whole numbers of this many parts."""

CLOCKS = (-6, 1, 8)
"""Hours from UTC of the three parts of the world that countries are dealt to, the largest first."""

HEARTBEAT_SECONDS, HOURS_A_VIEWER = 30, 3.5
"""Seconds between two events of a viewer who watches; hours that a viewer watches a day (an assumption)."""

LATENESS = ((0, 1, 970_000), (1, 24, 20_000), (24, 72, 9_000), (72, 168, 1_000))
"""How late events come: from and until so many hours, parts in a million. An assumption; the public generator sends 3 % up to 72 h late."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Events of one batch: how many occurred so many hours ago (place 0: this hour), by the hour of the lake that the batch is in."""

    hour: int
    by_hours_late: tuple[int, ...]

    @property
    def events(self) -> int:
        return sum(self.by_hours_late)


@dataclass(frozen=True)
class Demand:
    """Events of a day and how they spread. `tilt` is the exponent of Zipf's law, `swing` how far evening rises over the mean."""

    events_a_day: int = 70_000_000_000
    countries: int = 204
    tilt: float = 1.0
    swing: float = 0.6
    lateness: tuple[tuple[int, int, int], ...] = LATENESS

    @cached_property
    def shares(self) -> tuple[int, ...]:
        """Events of a day by country, the largest first."""
        return tuple(split(self.events_a_day, [max(1, round(SCALE * (place + 1) ** -self.tilt)) for place in range(self.countries)]))

    @cached_property
    def late(self) -> tuple[int, ...]:
        """Weight of each number of hours late."""
        found = [0] * max(until for _, until, _ in self.lateness)
        for first, until, parts in self.lateness:
            for hour, part in zip(range(first, until), split(parts, [1] * (until - first)), strict=True):
                found[hour] += part
        return tuple(found)

    @cached_property
    def by_minute(self) -> tuple[int, ...]:
        """Events that arrive in each minute of a day."""
        totals = [0.0] * MINUTES
        for part, clock in enumerate(CLOCKS):
            events, evening = sum(self.shares[part :: len(CLOCKS)]), 20 - clock
            for minute in range(MINUTES):
                totals[minute] += events * (1 + self.swing * math.cos(2 * math.pi * (minute / 60 - evening) / HOURS))
        peak = max(totals) or 1.0
        return tuple(split(self.events_a_day, [max(1, round(SCALE * each / peak)) for each in totals]))

    @property
    def viewers(self) -> float:
        """Viewers at the same time, on the mean of a day."""
        return self.events_a_day * HEARTBEAT_SECONDS / (HOURS * 3600)

    @property
    def viewers_a_day(self) -> float:
        """Different viewers of a day."""
        return self.viewers * HOURS / HOURS_A_VIEWER

    def batches(self, days: int, minutes: int) -> Iterator[Arrivals]:
        """The batches of some days, one every so many minutes."""
        for day in range(days):
            for start in range(0, MINUTES, minutes):
                events = sum(self.by_minute[start : start + minutes])
                yield Arrivals(day * HOURS + start // 60, tuple(split(events, self.late)))

    def smallest_late(self, hours: float) -> float:
        """Events that so many hours bring the smallest country for the least likely day of the past."""
        days = [sum(self.late[first : first + HOURS]) for first in range(HOURS, len(self.late), HOURS)] or [0]
        return min(self.shares) * hours / HOURS * min(days) / SCALE


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of a total in proportion to the weights; their sum is the total."""
    whole = sum(weights)
    if not whole and total:
        raise ValueError("something to split needs a weight above zero")
    ends = [total * held // (whole or 1) for held in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
