"""What a backfill will read, take and cost, before anything is computed: an estimate, and it says so.

Bytes and rows come from the tables' metadata. Seconds come from what a piece took that was measured, or else from the rates of the
price file. Printed by `ringi backfill`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.backfill.prices import prices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.backfill.plan import BackfillPlan, Piece


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a second of all processors together; `measured` on pieces of this view, or assumed."""

    rows_a_second: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """The pieces that are still to do."""

    view: str
    countries: int
    pieces: int
    periods: int
    bytes: int
    rows: int
    rate: Rate
    vcpus: int

    @property
    def seconds(self) -> float:
        return self.rows / self.rate.rows_a_second

    @property
    def athena(self) -> float:
        """What it would cost to scan as much with Athena."""
        return prices().athena(self.pieces, self.bytes)

    @property
    def emr_serverless(self) -> float:
        """What the processors would cost on EMR Serverless."""
        return prices().emr_serverless(self.seconds * self.vcpus)

    def lines(self) -> list[str]:
        """For a person."""
        known, how = prices(), "measured on pieces of this view" if self.rate.measured else "assumed until the first piece is measured"
        return [
            f"{self.view}: {_many(self.countries, 'country', 'countries')}, {_many(self.periods, 'period', 'periods')}"
            f" in {_many(self.pieces, 'piece', 'pieces')}.",
            f"Reads about {size_text(self.bytes)} in {self.rows:,} events; takes about {time_text(self.seconds)} ({how}).",
            f"Price: nothing on this machine; {price_text(self.athena)} if scanned with Athena,"
            f" {price_text(self.emr_serverless)} on EMR Serverless. An estimate from list prices of {known.dated} in {known.region}.",
        ]

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        known = prices()
        return {
            "view": self.view,
            "countries": self.countries,
            "pieces": self.pieces,
            "periods": self.periods,
            "bytes": self.bytes,
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "rate": {"rows_a_second": round(self.rate.rows_a_second), "measured": self.rate.measured},
            "price": {
                "estimate": True,
                "currency": known.currency,
                "region": known.region,
                "dated": known.dated.isoformat(),
                "sources": dict(known.sources),
                "local": 0,
                "athena": round(self.athena, 4),
                "emr_serverless": round(self.emr_serverless, 4),
            },
        }


def estimate(plan: BackfillPlan, pieces: Sequence[Piece], engine: str, vcpus: int, measured: float | None) -> Estimate:
    """Estimate pieces on an engine with so many processors; `measured` are events a second, where that is known."""
    rate = Rate(measured, True) if measured else Rate(prices().rates[engine] * max(1, vcpus), False)
    return Estimate(
        view=plan.name,
        countries=len(plan.countries),
        pieces=len(pieces),
        periods=sum(len(piece.periods) for piece in pieces),
        bytes=sum(piece.bytes for piece in pieces),
        rows=sum(piece.rows for piece in pieces),
        rate=rate,
        vcpus=vcpus,
    )


def time_text(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size_text(count: int) -> str:
    """`12.3 GB`, in powers of ten, as prices count."""
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} bytes"


def price_text(price: float) -> str:
    """`about 12.40 USD`; small prices are no zero."""
    currency = prices().currency
    return f"about {price:,.2f} {currency}" if price >= 0.01 else f"less than 0.01 {currency}"


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
