"""The catalog: every model of a lake project, read from its files, with the place of each field.

Made by `load`, which collects all findings and never stops at the first; used by every other room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.approval import Approval
    from metrics_catalog.country import Country
    from metrics_catalog.dimension import Dimension
    from metrics_catalog.finding import Finding, Place
    from metrics_catalog.hearing import Hearing
    from metrics_catalog.metric import Metric
    from metrics_catalog.person import Person
    from metrics_catalog.source import Source
    from metrics_catalog.view import View


@dataclass(frozen=True)
class Catalog:
    """All models by name. Broken files are missing here and present in the findings."""

    root: Path
    countries: Mapping[str, Country]
    people: Mapping[str, Person]
    sources: Mapping[str, Source]
    dimensions: Mapping[str, Dimension]
    metrics: Mapping[str, Metric]
    views: Mapping[str, View]
    hearings: Mapping[str, Hearing]
    approvals: Mapping[str, tuple[Approval, ...]] = field(default_factory=dict)
    """Approvals by metric, in the order in which they were given."""

    def place(self, kind: str, name: str, *path: str | int) -> Place:
        """Where a field stands: `place("metric", "viewing_hours", "how", "filter")`."""
        raise NotImplementedError


def load(root: Path) -> tuple[Catalog, tuple[Finding, ...]]:
    """Read a lake project. Findings cover reading and shape; `metrics_catalog.rules.check` adds the rules between files."""
    raise NotImplementedError
