"""How much a number changed over many country-days, and how well a sample knows it.

Additive numbers and distinct counts are summed over country-days, ratios of such numbers divide sums, all else is averaged over the
country-days that have a value on both sides: `Method` says which. The interval is the usual one of a ratio from a random sample
(linearised, 95 %), each country being a stratum of which the same number of days was drawn; where days were drawn first, these
are the clusters.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from jobs.preview.sample import FEWEST, LEAST_OF_COUNTRY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from jobs.preview.sample import Sample
    from metrics_catalog.logic import Logic

_SUMMED = frozenset({"count", "count_distinct", "sum"})
_NORMAL = 1.959964


class Method(StrEnum):
    """How one number is made of those of many country-days."""

    SUM = "sum"
    RATIO = "ratio"
    MEAN = "mean"

    @property
    def words(self) -> str:
        """What the number is, for a person."""
        return {
            Method.SUM: "sum of the daily values of all countries",
            Method.RATIO: "sum of numerators by sum of denominators",
            Method.MEAN: "mean of the daily values of all countries",
        }[self]


def method_of(*logics: Logic | None) -> Method:
    """The method for one or two meanings of a metric; the mean where they do not go together."""
    found = {_method(logic) for logic in logics if logic is not None}
    return found.pop() if len(found) == 1 else Method.MEAN


def _method(logic: Logic) -> Method:
    if logic.kind == "ratio" and all(part.kind in _SUMMED for part in logic.parts.values()):
        return Method.RATIO
    return Method.SUM if logic.kind in _SUMMED else Method.MEAN


class Side(NamedTuple):
    """A country-day's number under one meaning; numerator and denominator are those of a ratio."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


class Point(NamedTuple):
    """One country-day under both meanings."""

    country: str
    day: dt.date
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class Change:
    """A number before and after; `relative` is (after - before) / |before|, None where that cannot be said.

    `low` and `high` bound `relative` with 95 % confidence; both equal it where everything was computed, and are None where the sample
    is too small to say.
    """

    before: float | None
    after: float | None
    relative: float | None
    low: float | None
    high: float | None


def change(points: Sequence[Point], method: Method, sample: Sample) -> Change:
    """The change over the points of a sample: all of them, or those of one country."""
    used = [point for point in points if method is not Method.MEAN or None not in (point.before.value, point.after.value)]
    before, after = (_total([side(point) for point in used], method) for side in (_before, _after))
    if before is None or after is None or not before:
        return Change(before, after, None, None, None)
    relative = (after - before) / abs(before)
    if sample.is_whole:
        return Change(before, after, relative, relative, relative)
    error = _error(used, method, sample)
    if error is None:
        return Change(before, after, relative, None, None)
    spread = error * abs(after / before)
    return Change(before, after, relative, relative - spread, relative + spread)


def _before(point: Point) -> Side:
    return point.before


def _after(point: Point) -> Side:
    return point.after


def _total(sides: Sequence[Side], method: Method) -> float | None:
    if method is Method.RATIO:
        below = _sum(side.denominator for side in sides)
        return _sum(side.numerator for side in sides) / below if below else None
    values = [side.value for side in sides if side.value is not None]
    if not values:
        return None
    return _sum(values) / len(values) if method is Method.MEAN else _sum(values)


def _sum(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)


def _error(points: Sequence[Point], method: Method, sample: Sample) -> float | None:
    """Half the width of the interval of after / before, as a part of it; None where there are too few days."""
    influences = zip(
        _influence([_after(point) for point in points], method), _influence([_before(point) for point in points], method), strict=True
    )
    pulls = [(point, later - earlier) for point, (later, earlier) in zip(points, influences, strict=True)]
    found = _by_day(pulls, sample) if sample.drawn_days is not None else _by_country(pulls, sample)
    if found is None:
        return None
    variance, freedom = found
    return _quantile(freedom) * sqrt(max(0.0, variance))


def _by_country(pulls: Sequence[tuple[Point, float]], sample: Sample) -> tuple[float, int] | None:
    """Variance and degrees of freedom where each country's days were drawn by themselves; days without events pull nothing."""
    days, countries = sample.of_country, {point.country for point, _ in pulls}
    freedom = len(countries) * (days - 1)
    if days < LEAST_OF_COUNTRY or freedom < FEWEST - 1:
        return None
    sums: dict[str, float] = defaultdict(float)
    for point, pull in pulls:
        sums[point.country] += pull
    squares = sum(pull * pull for _, pull in pulls) - sum(value * value for value in sums.values()) / days
    return (1 - sample.share) * days / (days - 1) * squares, freedom


def _by_day(pulls: Sequence[tuple[Point, float]], sample: Sample) -> tuple[float, int] | None:
    """The same where days were drawn first: each is a cluster of what its countries pull."""
    one_country = len({point.country for point, _ in pulls}) == 1
    clusters = sample.of_country if one_country else sample.drawn_days or 0
    if clusters < FEWEST:
        return None
    sums: dict[dt.date, float] = defaultdict(float)
    for point, pull in pulls:
        sums[point.day] += pull
    return clusters / (clusters - 1) * sum(value * value for value in sums.values()), clusters - 1


def _influence(sides: Sequence[Side], method: Method) -> list[float]:
    """How far each side pulls the total, as a part of the total."""
    if method is Method.RATIO:
        above, below = _sum(side.numerator for side in sides), _sum(side.denominator for side in sides)
        return [(side.numerator or 0) / above - (side.denominator or 0) / below if above and below else 0.0 for side in sides]
    total = _sum(side.value for side in sides)
    return [(side.value or 0) / total if total else 0.0 for side in sides]


def _quantile(freedom: int) -> float:
    """Student's t for 95 %, by its expansion around the normal; within 2 % from 4 degrees of freedom on."""
    z = _NORMAL
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
