"""What differs between two meanings of a metric on the country-days that were computed: by country, and over the world.

Made by `compare` from a scan whose columns `Pair.columns` named; printed by `ringi preview` and by the report.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING

from jobs.preview.world import Change, Method, Point, Side, change, method_of

if TYPE_CHECKING:
    from jobs.preview.sample import Sample
    from jobs.preview.scan import Scan, Value
    from metrics_catalog.logic import Logic

SAME = 1e-9
"""Floats nearer than this, relative, are the same number (as between engines)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two meanings of a metric: None before for a new one, None after for one that goes."""

    metric: str
    before: Logic | None
    after: Logic | None

    @property
    def columns(self) -> dict[str, Logic]:
        """What to compute: the values, and the parts of ratios, under names that no metric has."""
        found: dict[str, Logic] = {}
        for side, logic in (("before", self.before), ("after", self.after)):
            if logic is not None:
                found[self._name(side)] = logic
                for part, name in (("numerator", logic.numerator), ("denominator", logic.denominator)):
                    if name is not None:
                        found[self._name(side, part)] = logic.parts[name]
        return found

    @property
    def is_same(self) -> bool:
        """Whether both sides are one and the same logic, clocks included."""
        return self.before == self.after

    def _name(self, side: str, part: str = "value") -> str:
        return f"{self.metric}@{side}@{part}"

    def sides(self, scan: Scan) -> list[Point]:
        """The points of a scan that computed the columns."""
        held = {name: place for place, name in enumerate(scan.columns)}
        places = {
            side: [held.get(self._name(side, part)) for part in ("value", "numerator", "denominator")] for side in ("before", "after")
        }
        return [
            Point(cell[0], cell[1], *(Side(*(None if place is None else values[place] for place in places[side])) for side in places))
            for cell, values in scan.cells.items()
        ]


@dataclass(frozen=True, slots=True)
class CountryChange:
    """One viewing country: its number over the computed days, how many of the days differ, and where NULL came or went."""

    viewing_country: str
    change: Change
    days: int
    changed_days: int
    newly_null: int
    newly_present: int

    @property
    def differs(self) -> bool:
        """Whether any of its days differs."""
        return self.changed_days > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A metric under two meanings; countries in which the source has events on a computed day, by code."""

    metric: str
    method: Method
    sample: Sample
    is_new: bool
    is_gone: bool
    world: Change
    countries: tuple[CountryChange, ...]

    @property
    def changed(self) -> tuple[CountryChange, ...]:
        """The countries that differ."""
        return tuple(country for country in self.countries if country.differs)

    @property
    def largest(self) -> CountryChange | None:
        """The country with the largest relative change; None where none can be said."""
        known = [country for country in self.changed if country.change.relative is not None]
        return min(known, key=_by_size, default=None)

    @property
    def newly_null(self) -> int:
        """Country-days that had a number and have none now."""
        return sum(country.newly_null for country in self.countries)

    @property
    def newly_present(self) -> int:
        """Country-days that had no number and have one now."""
        return sum(country.newly_present for country in self.countries)


def _by_size(country: CountryChange) -> tuple[float, float, str]:
    """Those that change most first; of those that change alike, the one with the greatest number."""
    change = country.change
    return (-round(abs(change.relative or 0), 9), -max(abs(change.before or 0), abs(change.after or 0)), country.viewing_country)


def compare(pair: Pair, scan: Scan) -> Comparison:
    """What differs; the scan must have computed `pair.columns`."""
    method, points = method_of(pair.before, pair.after), pair.sides(scan)
    by_country: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_country[point.country].append(point)
    countries = tuple(_country(code, held, method, scan.sample) for code, held in sorted(by_country.items()))
    world = change(points, method, scan.sample)
    return Comparison(pair.metric, method, scan.sample, pair.before is None, pair.after is None, world, countries)


def _country(code: str, points: list[Point], method: Method, sample: Sample) -> CountryChange:
    values = [(point.before.value, point.after.value) for point in points]
    return CountryChange(
        viewing_country=code,
        change=change(points, method, sample),
        days=len(points),
        changed_days=sum(not same(before, after) for before, after in values),
        newly_null=sum(before is not None and after is None for before, after in values),
        newly_present=sum(before is None and after is not None for before, after in values),
    )


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same number: whole numbers exactly, floats within 1e-9."""
    if one is None or other is None:
        return one is other
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return isclose(one, other, rel_tol=SAME, abs_tol=1e-12)
