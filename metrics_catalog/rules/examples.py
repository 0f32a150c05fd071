"""Worked examples: their rows hold columns that the metric's sources have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import did_you_mean
from metrics_catalog.rules.common import At, found, leaves, measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.metric import Metric


def example_rows(catalog: Catalog) -> Iterator[Finding]:
    """An example's rows name columns of the source; a misspelt one would silently read as missing."""
    for metric in catalog.metrics.values():
        known = _columns(catalog, metric) if metric.examples else None
        if known is None:
            continue
        for position, example in enumerate(metric.examples):
            for row_position, row in enumerate(example.rows):
                for name in row.keys() - known:
                    at = At("metric", metric.metric, ("examples", position, "rows", row_position, name))
                    message = f"The example `{example.name}` has a row with `{name}`, which is no column of the source."
                    yield found(catalog, "RNG-CAT-056", at, message, did_you_mean(name, known) or "name a column of the source.")


def _columns(catalog: Catalog, metric: Metric) -> set[str] | None:
    """All columns of the sources below a metric; None where one of them is not known."""
    names = {how.source for part in leaves(catalog, metric.metric) if (how := measured(part)) is not None}
    if not names or not names <= catalog.sources.keys():
        return None
    return {column for name in names for column in catalog.sources[name].columns}
