"""Writers that commit to one table at the same time: how often one of them is too late, and what that costs. Read by `report.py`.

A commit starts from a head, works for a while, and is refused where the head moved meanwhile. Other writers are taken to come at
times that have nothing to do with ours, which is kinder than writers that all start on the minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contention:
    """`writers` that each commit every `minutes`, and whose head must not move for `window` seconds; each tries `attempts` times."""

    writers: int
    minutes: float
    window: float
    attempts: int = 8

    @property
    def lost(self) -> float:
        """Probability that one attempt is refused: another writer commits inside the window."""
        others = (self.writers - 1) / (self.minutes * 60)
        return 1 - math.exp(-others * self.window)

    @property
    def tries(self) -> float:
        """Attempts that a commit takes on the mean, those given up counted too."""
        return sum(self.lost**number for number in range(self.attempts))

    @property
    def given_up(self) -> float:
        """Probability that all attempts are refused."""
        return self.lost**self.attempts if self.writers > 1 else 0.0

    @property
    def commits_a_minute(self) -> float:
        """What the writers want to commit."""
        return self.writers / self.minutes
