"""A preview over an opened lake: the pending meaning beside the certified one or that of a git revision. Used by `ringi preview`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobs.preview.comparison import Comparison
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.diff.catalog_diff import CatalogDiff
    from metrics_catalog.meaning import Meaning
    from ringi.lake import Lake

CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class Previewed:
    """The comparison, and what stands before it: a git revision, or `certified`."""

    comparison: Comparison
    base: str


def preview_lake(lake: Lake, metric: str, base: str | None = None, countries: Collection[str] = (), *, whole: bool = False) -> Previewed:
    """The metric's numbers before and after; `countries` empty means all, `whole` leaves no country-day out.

    Raises UsageError for unknown names and where nothing was landed, CatalogError where the metric has findings.
    """
    from jobs.preview.comparison import Pair, compare
    from jobs.preview.scan import scan
    from metrics_catalog.meaning import resolve

    landed(lake)
    diff = None if base is None else _diff(lake, base)
    catalog = diff.after if diff is not None and metric in diff.after.metrics else lake.catalog
    _known(catalog, metric, countries)
    after = resolve(catalog, metric)
    before = _certified(lake, metric) if diff is None else _before(diff, metric, after)
    pair = Pair(metric, before.logic if before else None, after.logic)
    codes = tuple(sorted(countries or catalog.countries))
    with lake.engine() as engine:
        return Previewed(compare(pair, scan(lake.tables, engine, pair.columns, codes, whole=whole)), base or CERTIFIED)


def _diff(lake: Lake, base: str) -> CatalogDiff:
    from ringi.proposal.diffing import diff_against

    return diff_against(lake.root, base)


def _before(diff: CatalogDiff, metric: str, present: Meaning) -> Meaning | None:
    """The meaning at the base; None where there was none."""
    effect = diff.effect(metric)
    return present if effect is None else effect.before


def _certified(lake: Lake, metric: str) -> Meaning | None:
    from governance.gate.gate import certified

    return certified(lake.catalog, dt.datetime.now(dt.UTC), [metric]).metrics[metric].published


def landed(lake: Lake) -> None:
    """Raises UsageError where there is no event to compute anything from."""
    if not lake.tables.names("bronze"):
        raise UsageError(
            "Nothing was landed yet, so there is nothing to preview.", hint="land some events first: `ringi land SOURCE FILE…`."
        )


def _known(catalog: Catalog, metric: str, countries: Collection[str]) -> None:
    if metric not in catalog.metrics:
        if catalog.is_broken("metric", metric):
            raise CatalogError(f"The file of `{metric}` cannot be read.", hint="run `ringi check` and mend what it finds.")
        raise UsageError(f"There is no metric `{metric}`.", hint=did_you_mean(metric, catalog.metrics) or "list them with `ringi status`.")
    for code in countries:
        if code not in catalog.countries:
            raise UsageError(
                f"There is no country `{code}`.", hint=did_you_mean(code, catalog.countries) or "codes are as in countries.yaml."
            )
