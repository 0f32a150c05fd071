"""Hearings: a metric's Why comes from a talk that was about it, at which both sides were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.person import Side
from metrics_catalog.rules.common import At, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


def hearings_of_metrics(catalog: Catalog) -> Iterator[Finding]:
    """The hearing that a metric names lists the metric, and did not reject it."""
    for name, metric in catalog.metrics.items():
        hearing = catalog.hearings.get(metric.hearing) if metric.hearing is not None else None
        if hearing is None:
            continue
        at = At("metric", name, ("hearing",))
        if name not in hearing.metrics:
            message = f"`{name}` names the hearing `{hearing.hearing}`, which does not list it."
            yield found(catalog, "RNG-CAT-095", at, message, "add the metric to `metrics` of the hearing if it was heard there.")
        elif hearing.outcome == "rejected":
            message = f"The hearing `{hearing.hearing}` of `{name}` ended with `rejected`."
            yield found(catalog, "RNG-CAT-097", at, message, "hold another hearing before proposing it again.", severity=Severity.WARNING)


def one_sided_hearings(catalog: Catalog) -> Iterator[Finding]:
    """Tech and business both spoke at a hearing."""
    for name, hearing in catalog.hearings.items():
        there = {attendee.side for attendee in hearing.attendees}
        for side in Side:
            if side not in there:
                at = At("hearing", name, ("attendees",))
                yield found(catalog, "RNG-CAT-096", at, f"Nobody spoke for {side} at the hearing `{name}`.", "a hearing needs both sides.")
