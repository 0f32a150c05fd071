"""Who may turn a key over a metric: asked by the gate of a forge (`ringi approvals missing`) and by the report of a change.

Only names; whether a signature counts is asked in `turned_key.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Metric
    from metrics_catalog.person import Person, Side


def key_holders(
    catalog: Catalog, metric: Metric | None, side: Side, in_time: Callable[[Person], bool]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who holds the side, in time, and does not propose the metric: those of the owning team, and all others; each by name."""
    team = str(getattr(metric.owners, side.value)).replace("-", "_") if metric is not None else None
    able = {
        name: person.team == team
        for name, person in sorted(catalog.people.items())
        if side in person.sides and in_time(person) and (metric is None or name != metric.proposer)
    }
    return tuple(name for name, owns in able.items() if owns), tuple(name for name, owns in able.items() if not owns)
