"""What a backfill did: printed by `ringi backfill`, and as JSON for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """One call: `pieces` computed now, `done_before` by an earlier call, published values `restated`, saved copies `published`."""

    view: str
    backfill_id: str
    pieces: int
    done_before: int
    periods: int
    restated: int
    published: int
    seconds: float

    def summary(self) -> list[str]:
        """Closing lines for a person."""
        if not self.backfill_id:
            return [f"Nothing to do: `{self.view}` has neither events nor facts in these days."]
        before = f" ({self.done_before} were done before)" if self.done_before else ""
        return [
            f"{self.view}: {_many(self.pieces, 'piece', 'pieces')} with {_many(self.periods, 'period', 'periods')} computed anew{before};"
            f" {_many(self.restated, 'published value', 'published values')} restated,"
            f" {_many(self.published, 'saved copy', 'saved copies')} published.",
            f"Done in {self.seconds:.1f} s.",
        ]

    def as_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "backfill_id": self.backfill_id or None,
            "pieces": self.pieces,
            "done_before": self.done_before,
            "periods": self.periods,
            "restated": self.restated,
            "published": self.published,
            "seconds": round(self.seconds, 3),
        }


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
