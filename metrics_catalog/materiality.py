"""Which changes of a number matter: a share of the number for each tier, and whether an estimate surely crosses it.

Read by `ringi report`. The shares are the house's, not a metric's own: whoever proposes a change does not choose what is small.
"""

from __future__ import annotations

from enum import StrEnum

from metrics_catalog.metric import Tier

THRESHOLDS = {Tier.CRITICAL: 0.001, Tier.STANDARD: 0.01, Tier.OPTIONAL: 0.05}
"""The relative change from which on it matters, in the world or in one country."""


class Weight(StrEnum):
    """What a change means for whoever uses the number."""

    MATERIAL = "material"
    POSSIBLE = "possible"
    """A sample's interval reaches over the threshold."""
    SMALL = "small"
    NONE = "none"


def weigh(tier: Tier, relative: float | None, *, low: float | None = None, high: float | None = None, differs: bool = True) -> Weight:
    """The weight of one change. `relative` is None where it cannot be said, such as from nothing to something: that matters."""
    if not differs:
        return Weight.NONE
    if relative is None or abs(relative) >= THRESHOLDS[tier]:
        return Weight.MATERIAL
    reach = max(abs(each) for each in (low, high, relative) if each is not None)
    unsure = reach >= THRESHOLDS[tier] or (low is None) != (high is None)
    return Weight.POSSIBLE if unsure else Weight.SMALL
