"""A preview over an opened lake: the pending meaning, the certified one, and an engine. Used by `ringi preview`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobs.preview import Line
    from metrics_catalog.view import TimeGrain
    from ringi.lake import Lake


def preview_lake(lake: Lake, metric: str, grain: TimeGrain, countries: Collection[str]) -> tuple[Line, ...]:
    """The metric's numbers; raises UsageError for unknown names and CatalogError where the metric has findings."""
    from jobs.preview import preview
    from metrics_catalog.meaning import resolve

    catalog = lake.catalog
    if metric not in catalog.metrics:
        if catalog.is_broken("metric", metric):
            raise CatalogError(f"The file of `{metric}` cannot be read.", hint="run `ringi check` and mend what it finds.")
        raise UsageError(f"There is no metric `{metric}`.", hint=did_you_mean(metric, catalog.metrics) or "list them with `ringi status`.")
    for code in countries:
        if code not in catalog.countries:
            raise UsageError(
                f"There is no country `{code}`.", hint=did_you_mean(code, catalog.countries) or "codes are as in countries.yaml."
            )
    if not lake.tables.names("bronze"):
        raise UsageError(
            "Nothing was landed yet, so there is nothing to preview.", hint="land some events first: `ringi land SOURCE FILE…`."
        )
    pending = resolve(catalog, metric)
    certified = lake.certification(dt.datetime.now(dt.UTC)).metrics[metric].published
    with lake.engine() as engine:
        return preview(catalog, lake.tables, engine, pending, certified, grain, frozenset(countries))
