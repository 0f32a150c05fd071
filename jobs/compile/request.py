"""What the compiler is asked for: a grain, the certified logic of each column, the periods, and where the rows are.

Made by the run for each chunk of periods; read by `facts.compile_facts` only. Nothing here comes from YAML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.errors import JobError
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from metrics_catalog.logic import Logic


@dataclass(frozen=True, slots=True)
class Periods:
    """The local periods to compute: from `first` (inclusive) to `end` (exclusive), both the first day of a period.

    `cells` limits the work further, to some (viewing country, first day of the period); None means all.
    """

    grain: TimeGrain
    first: dt.date
    end: dt.date
    cells: frozenset[tuple[str, dt.date]] | None = None

    def __post_init__(self) -> None:
        if any(start_of(self.grain, day) != day for day in (self.first, self.end)) or self.first >= self.end:
            raise JobError(
                f"The periods from {self.first} to {self.end} are not whole {self.grain}s.",
                hint="give the first day of the first period, and the first day after the last one.",
            )

    @property
    def count(self) -> int:
        """How many periods there are."""
        return self.index(self.end)

    def index(self, start: dt.date) -> int:
        """The place of a period, named by its first day, counted from 0."""
        if self.grain is TimeGrain.MONTH:
            return (start.year - self.first.year) * 12 + start.month - self.first.month
        return (start - self.first).days // (7 if self.grain is TimeGrain.WEEK else 1)


def start_of(grain: TimeGrain, day: dt.date) -> dt.date:
    """The first day of the period that holds a day: itself, its Monday, or the first of its month."""
    if grain is TimeGrain.WEEK:
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if grain is TimeGrain.MONTH else day


def next_start(grain: TimeGrain, start: dt.date) -> dt.date:
    """The first day of the period after the one that begins on `start`."""
    if grain is TimeGrain.MONTH:
        return (start + dt.timedelta(days=31)).replace(day=1)
    return start + dt.timedelta(days=7 if grain is TimeGrain.WEEK else 1)


@dataclass(frozen=True, slots=True)
class Relations:
    """SQL texts that can stand after FROM, by name of source and of dimension.

    A source's relation holds each accepted event once, with the columns of the contract in the types in which the engine reads
    bronze (time stamps with time zone). A dimension's relation holds its key, attributes and validity (dates).
    """

    sources: Mapping[str, str]
    dimensions: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    """How many rows the relation of a source has, where that is known; it decides between forms of a statement, never its result."""


@dataclass(frozen=True, slots=True)
class FactsRequest:
    """One statement's worth of facts: `metrics` maps the name of each column to its certified logic, in order.

    `countries` are the viewing countries to publish; events of any other country, or of none, are left out.
    """

    periods: Periods
    dimensions: tuple[str, ...]
    metrics: Mapping[str, Logic]
    countries: tuple[str, ...]
    relations: Relations
