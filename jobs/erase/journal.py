"""The journal of erasures that are under way: what was found before anything was changed, so that a killed one ends with the same receipt.

One small object an erasure in the landing zone's `_erasing`, named by the receipt; it holds the plan and the tables' snapshots, and
never a value. It is written first and removed last.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jobs.erase.plan import ErasePlan, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs.object_store import ObjectStore

FOLDER = "_erasing"


@dataclass(frozen=True, slots=True)
class Journal:
    """One erasure under way. `before` are the heads of the tables when it began; `redacted` what became of a ledger."""

    receipt: str
    began_at: dt.datetime
    plan: ErasePlan
    before: Mapping[str, int]
    redacted: Mapping[str, Any] | None = None

    def write(self, objects: ObjectStore) -> None:
        """Keep it, at once and durably."""
        held = {
            "schema_version": 1,
            "receipt": self.receipt,
            "began_at": self.began_at.isoformat(),
            "plan": self.plan.as_json(),
            "before": dict(self.before),
            "redacted": self.redacted,
        }
        objects.write(f"{FOLDER}/{self.receipt}.json", (json.dumps(held, ensure_ascii=False, indent=1) + "\n").encode())

    def with_redacted(self, told: Mapping[str, Any]) -> Journal:
        return replace(self, redacted=told)

    def end(self, objects: ObjectStore) -> None:
        """The receipt is kept, and the journal is not needed any more."""
        objects.remove(f"{FOLDER}/{self.receipt}.json")


def under_way(objects: ObjectStore) -> Iterator[Journal]:
    """Erasures that were begun and not finished, in the order of their receipts."""
    for name in objects.names(FOLDER):
        held = json.loads(objects.read(f"{FOLDER}/{name}") or b"null")
        if held is not None:
            began = dt.datetime.fromisoformat(held["began_at"])
            yield Journal(held["receipt"], began, plan_of(held["plan"]), held["before"], held["redacted"])
