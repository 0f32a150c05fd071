"""A preview over an opened lake: the pending meaning beside the certified one or that of a git revision. Used by `ringi preview`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobs.preview import Comparison
    from metrics_catalog.catalog import Catalog
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
    from jobs.preview import Pair, compare, scan
    from metrics_catalog.meaning import resolve

    catalog = lake.catalog
    _known(catalog, metric, countries)
    landed(lake)
    after = resolve(catalog, metric)
    before = _before(lake, metric, base, after)
    pair = Pair(metric, before.logic if before else None, after.logic)
    codes = tuple(sorted(countries or catalog.countries))
    with lake.engine() as engine:
        return Previewed(compare(pair, scan(lake.tables, engine, pair.columns, codes, whole=whole)), base or CERTIFIED)


def _before(lake: Lake, metric: str, base: str | None, present: Meaning) -> Meaning | None:
    """What the present meaning is compared with; None where there was none."""
    if base is None:
        from governance.gate import certified

        return certified(lake.catalog, dt.datetime.now(dt.UTC), [metric]).metrics[metric].published
    from ringi.diffing import diff_against

    effect = diff_against(lake.root, base).effect(metric)
    return present if effect is None else effect.before


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
