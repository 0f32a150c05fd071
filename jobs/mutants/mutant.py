"""One mutant: a metric's logic with one small change, and what was changed in plain words.

Made by `of_metric.py`; computed by `gate.py`; shown to a person when no example notices it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.examples.bench import Failed, Outcome, alike
from jobs.examples.trial import Shift

if TYPE_CHECKING:
    import datetime as dt

    from metrics_catalog.logic import Logic

Allowed = Mapping[str, tuple[str, ...]]
"""The only values that a source's contract allows, by column; a column without such a list is not in it."""


@dataclass(frozen=True)
class Mutant:
    """A changed logic. `what` is a whole clause: "`>=` becomes `>` in `seconds_viewed >= 5`".

    `field` is the field of the metric's file that holds what was changed. `country` is the variant that was changed (None: the
    metric's own logic). `day` is the local day on which the change shows, where it shows only near the end of a variant.
    """

    operator: str
    what: str
    field: tuple[str, ...]
    logic: Logic
    country: str | None = None
    shift: Shift = Shift.NONE
    day: dt.date | None = None


def notices(own: Outcome, under: Outcome, shift: Shift) -> bool:
    """Whether a metric's value tells it from a mutant's. That a day has no event at all, or events that do not count, is one here."""
    if isinstance(own, Failed):
        return False
    if shift is Shift.NONE:
        return not alike(own, under)
    return not alike(own or 0, under or 0)
