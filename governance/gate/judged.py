"""What the approval files of one metric are worth: each is checked by itself, then the sound ones are replayed in order.

Made by `judge` for the gate, which decides what is published, and for `verify`, which tells it: one judge for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from governance.gate.hearing_rule import unheard
from governance.gate.replay import Standing, replay
from governance.keys.turned_key import Refusal, TurnedKey, check
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    from datetime import datetime

    from governance.keys.meaning_store import MeaningStore
    from metrics_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Judged:
    """The standing of a metric, and why some approvals do not count, by their position in `catalog.approvals[metric]`."""

    metric: str
    standing: Standing
    refused: tuple[tuple[int, Refusal], ...]

    def findings(self, catalog: Catalog) -> tuple[Finding, ...]:
        """One finding for each approval that does not count, at the field that shows it."""
        return tuple(
            Finding(refusal.code, catalog.place("approval", f"{self.metric}/{position}", refusal.field), refusal.message, refusal.hint)
            for position, refusal in self.refused
        )


def judge(catalog: Catalog, store: MeaningStore, metric: str, now: datetime) -> Judged:
    """What the approvals of one metric add up to at the instant `now`; the present meaning is not asked."""
    approvals = catalog.approvals.get(metric, ())
    sound: list[TurnedKey] = []
    positions: dict[int, int] = {}
    refused: list[tuple[int, Refusal]] = []
    for position, approval in enumerate(approvals):
        if catalog.is_broken("person", approval.person):
            refused.append((position, _unreadable(approval.person)))
            continue
        result = check(catalog, store, approval, now)
        if isinstance(result, Refusal):
            refused.append((position, result))
        else:
            sound.append(result)
            positions[id(result)] = position
    standing = replay(sound, partial(unheard, catalog))
    refused.extend((positions[id(key)], refusal) for key, refusal in standing.refused)
    return Judged(metric, standing, tuple(refused))


def _unreadable(person: str) -> Refusal:
    message = f"The entry of `{person}` in people.yaml cannot be read, so this key cannot be checked."
    return Refusal("RNG-GOV-070", message, "run `ringi check` and mend people.yaml.")
