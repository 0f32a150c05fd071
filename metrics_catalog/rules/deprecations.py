"""The declared end of a metric: it names a successor that goes on, a reason and a last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.rules.common import At, found

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


def deprecations(catalog: Catalog) -> Iterator[Finding]:
    """A deprecated metric names what to read instead, and that is another metric which does not end too."""
    for name, metric in catalog.metrics.items():
        at = At("metric", name)
        if metric.lifecycle == "deprecated" and metric.deprecation is None:
            message = f"`{name}` is deprecated, and its file does not say what to read instead, why and until when."
            hint = "add `deprecation: {successor: …, reason: …, ends_on: 2027-03-31}`; `lifecycle` can then be left out."
            yield found(catalog, "RNG-CAT-143", at / "lifecycle", message, hint)
        if metric.deprecation is None:
            continue
        successor = metric.deprecation.successor
        following = catalog.metrics.get(successor)
        if successor == name:
            message = f"`{name}` names itself as its successor."
            yield found(catalog, "RNG-CAT-146", at / "deprecation" / "successor", message, "name another metric.")
        elif following is not None and following.declared_end is not None:
            message = f"The successor of `{name}` is `{successor}`, which is {following.declared_end} itself."
            yield found(catalog, "RNG-CAT-146", at / "deprecation" / "successor", message, "name a metric that goes on.")


def ended_columns(catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    """A view need not list a metric whose last day has passed."""
    for view in catalog.views.values():
        for position, name in enumerate(view.metrics):
            metric = catalog.metrics.get(name)
            if metric is not None and metric.deprecation is not None and metric.deprecation.ends_on < today:
                message = f"The last day of `{name}` was {metric.deprecation.ends_on}; the view `{view.view}` still lists it."
                hint = "take it out of the view, and retire the metric."
                yield found(catalog, "RNG-CAT-147", At("view", view.view, ("metrics", position)), message, hint, severity=Severity.WARNING)
