"""The report as frozen values; made by `gather`, printed by `markdown` and `as_json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.preview.comparison import Comparison
    from jobs.preview.price import Price
    from jobs.preview.statement import Statements
    from metrics_catalog.diff.catalog_diff import CatalogDiff, MetricEffect
    from metrics_catalog.duplicates.find import Duplicates
    from metrics_catalog.metric import Metric
    from metrics_catalog.person import Side


def is_recomputed(effect: MetricEffect) -> bool:
    """Whether another logic computes the metric, in any country."""
    before, after = effect.before, effect.after
    return (before.logic if before else None) != (after.logic if after else None)


@dataclass(frozen=True, slots=True)
class KeyNeeded:
    """A key that must be turned before the change is published, and who can: names of people who hold the side."""

    side: Side
    owner: str
    """The team that answers for this side of the metric."""
    people: tuple[str, ...]
    """In people.yaml, less the proposer; sorted, those of the owning team first."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was computed for one metric, or the sentence that says why nothing was."""

    comparison: Comparison | None
    why_not: str = ""
    same_values: tuple[str, ...] = ()
    """Other metrics with the very same values on every computed country-day."""


@dataclass(frozen=True, slots=True)
class MetricReport:
    """One metric whose meaning changes; `metric` is its file as it now is, or as it was where it goes."""

    effect: MetricEffect
    metric: Metric
    file: str
    keys: tuple[KeyNeeded, ...]
    duplicates: Duplicates
    statements: Statements | None
    """None where what is computed stays as it was."""
    numbers: Numbers | None
    """None where what is computed stays as it was, or no numbers were asked for."""
    price: Price | None

    @property
    def name(self) -> str:
        return self.effect.metric

    @property
    def is_recomputed(self) -> bool:
        """Whether another logic computes it, in any country."""
        return is_recomputed(self.effect)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report against `base`, a git revision as it was asked for."""

    base: str
    diff: CatalogDiff
    metrics: tuple[MetricReport, ...]
    more: tuple[str, ...]
    """Names of further metrics whose meaning changes; more than a person reads one by one."""
    lost_keys: Mapping[str, tuple[KeyNeeded, ...]]
    """Keys of metrics whose meaning stays: lost with a person or an approval."""
    faults: tuple[tuple[str, str], ...]
    """Metrics whose files are there and that have no meaning now, each with the reason."""
    without_numbers: str
    """Why there are no numbers at all, as a sentence; empty where there are."""
    links: str
    """What a file's path is appended to for a link; empty: files are named, not linked."""
