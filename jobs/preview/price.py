"""What a metric costs by itself: a day of it, and a backfill over all that was landed; estimates from metadata and list prices.

An upper bound for the day: a run computes all metrics of a view in one scan. Used by `ringi report`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from jobs.backfill.estimate import Estimate, Rate, price_text, size_text
from jobs.backfill.plan import MOST_ROWS, bytes_read
from jobs.backfill.prices import prices
from jobs.facts.run_plan import sources
from jobs.preview.scan import preview_view

if TYPE_CHECKING:
    from jobs.table import DataFile, Tables
    from metrics_catalog.logic import Logic

ENGINE = "spark"
"""The engine whose assumed rate is taken: prices are for AWS."""


@dataclass(frozen=True, slots=True)
class Price:
    """`day` is an average day with events, `backfill` all of them; in seconds of one processor."""

    days: int
    day: Estimate
    backfill: Estimate

    def sentence(self) -> str:
        """For a person."""
        return (
            f"a day reads {size_text(self.day.bytes)}: {price_text(self.day.athena)} with Athena, {price_text(self.day.emr_serverless)} on EMR"
            f" Serverless; the backfill of {self.days:,} days reads {size_text(self.backfill.bytes)}: {price_text(self.backfill.athena)},"
            f" {price_text(self.backfill.emr_serverless)}"
        )

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        return {"days": self.days, "day": self.day.as_json(), "backfill": self.backfill.as_json()}


def price(tables: Tables, metric: str, logic: Logic, countries: int) -> Price | None:
    """The price of a metric; None where none of its sources was landed. Reads no data."""
    view = preview_view({metric: logic}, ())
    size = rows = 0
    days: set[object] = set()
    for name, source in sources(view).items():
        head = tables.snapshot(name)
        for file in tables.files(name, snapshot_id=head.id) if head else ():
            size, rows = size + bytes_read(file, source), rows + file.rows
            days |= _days(file, source.event_time)
    if not rows:
        return None
    pieces, rate = ceil(rows / MOST_ROWS), Rate(prices().rates[ENGINE], measured=False)
    count = max(1, len(days))
    return Price(
        count,
        Estimate(metric, countries, 1, 1, ceil(size / count), ceil(rows / count), rate, 1),
        Estimate(metric, countries, pieces, count, size, rows, rate, 1),
    )


def _days(file: DataFile, time: str | None) -> set[object]:
    """The UTC days of a file's events, from its bounds; none where it does not say."""
    first, last = (_day(value) for value in file.bounds.get(time or "", (None, None)))
    if first is None or last is None:
        return set()
    return {first + dt.timedelta(days=number) for number in range((last - first).days + 1)}


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).date()
    return value if isinstance(value, dt.date) else None
