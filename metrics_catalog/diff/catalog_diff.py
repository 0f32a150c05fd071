"""What differs between two versions of a lake project, as frozen values; the one thing that reports and doors read.

Made by `compare` (through `ringi.proposal.diffing.diff_against`), printed by `ringi diff`, read by `ringi report` and `ringi preview`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.person import Side

if TYPE_CHECKING:
    import datetime as dt

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.model import FieldClass

BOTH = (Side.TECH, Side.BUSINESS)


class LostKey(NamedTuple):
    """A key that held and holds no longer because people or approvals changed; `person` turned it."""

    metric: str
    side: Side
    person: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one file that differs.

    `field` is a dotted path as people write it (`how.filter`, `columns.plan.type`, `countries.JP.reporting_time_zone`). Where a
    whole definition was added, removed or renamed it is the definition's kind (`metric`, `view`, `countries.JP`); `file` where
    only the place of the file changed, or where the file cannot be read on one side.
    """

    file: str
    """The file as it is now; where it was removed, as it was. Relative to the lake project, with forward slashes."""
    metric: str | None
    """The metric whose own file or approval this is; None for every other file."""
    field: str
    field_class: FieldClass
    voids: tuple[Side, ...]
    """Keys that the change voids: of `metric`, or of the metrics in `voided`."""
    before: Any
    """A plain JSON value; None where the field was not there."""
    after: Any
    sentence: str
    """The change in words: what a person reads first."""
    voided: tuple[str, ...] = ()
    """Metrics whose keys this change voids, those of other files included; sorted."""


@dataclass(frozen=True, slots=True)
class MetricEffect:
    """What the changes do to one metric: its own file changed, or something it is computed from did."""

    metric: str
    before: Meaning | None
    """Its meaning at the base; None where it did not exist or could not be resolved."""
    after: Meaning | None
    voids: tuple[Side, ...]
    fields: tuple[str, ...]
    """Fields that differ in its meaning, those of upstream metrics, sources, dimensions and countries included."""
    numbers: tuple[str, ...]
    """Countries whose numbers change."""
    words: tuple[str, ...]
    """Countries for which the description, the unit or another word that people read changes."""
    views: tuple[str, ...]
    """Published views that show it, or show something made of it."""
    fault: str = ""
    """Why it has no meaning now, where it had one before; empty otherwise."""


@dataclass(frozen=True)
class CatalogDiff:
    """All that differs. Names and codes are sorted.

    `before` and `after` hold at least all that changed, all that it is made of and all that is made of it; on a large catalog
    what is neither is left out (`whole` says so).
    """

    changes: tuple[FieldChange, ...]
    metrics: tuple[str, ...]
    """Metrics that changed, or that are computed from something that did."""
    views: tuple[str, ...]
    """Published views that changed, or that show such a metric."""
    countries: tuple[str, ...]
    """Countries whose numbers or words change."""
    before: Catalog
    after: Catalog
    today: dt.date
    """The day on which it is asked which country variants still hold."""
    effects: tuple[MetricEffect, ...] = ()
    """One for each metric whose meaning changes, sorted by name."""
    notes: tuple[str, ...] = ()
    """Sentences about what the changes do not show: files that changed in layout or comments only."""
    whole: bool = True
    """Whether `before` and `after` are the whole catalogs."""

    def effect(self, metric: str) -> MetricEffect | None:
        """What happens to one metric, or None where its meaning stays."""
        return next((effect for effect in self.effects if effect.metric == metric), None)
