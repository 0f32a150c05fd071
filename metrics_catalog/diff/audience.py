"""Who sees a metric: the published views that show it, and the countries of these views.

Used by `effects` and `compare`; looks at both versions of the catalog, since a view that loses a metric is touched as well.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from metrics_catalog.composition import parts_of
from metrics_catalog.metric import Ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.view import View


class Audience:
    """The views and countries of the metrics of two versions of a catalog."""

    def __init__(self, before: Catalog, after: Catalog) -> None:
        self._both = (before, after)

    def views(self, metric: str) -> tuple[str, ...]:
        """Views that show the metric: those that list it, and those that list a ratio, which shows its two parts beside it."""
        return tuple(sorted({view for view, _ in self._shown.get(metric, ())}))

    def of(self, metric: str, countries: Iterable[str]) -> tuple[str, ...]:
        """Those of the countries in which a view shows the metric; all of them where no view shows it or anything made of it."""
        shown = self._countries(metric)
        if not shown and any(self._shown.get(above) for above in self._above(metric)):
            return ()
        return tuple(sorted(code for code in countries if not shown or code in shown))

    def countries_of(self, view: View) -> frozenset[str]:
        """The countries of one view, `all` being those of either version."""
        if view.countries != "all":
            return frozenset(view.countries)
        return frozenset(code for catalog in self._both for code in catalog.countries)

    def _countries(self, metric: str) -> frozenset[str]:
        return frozenset(code for _, codes in self._shown.get(metric, ()) for code in codes)

    @cached_property
    def _shown(self) -> dict[str, set[tuple[str, frozenset[str]]]]:
        found: dict[str, set[tuple[str, frozenset[str]]]] = defaultdict(set)
        for catalog in self._both:
            for view in catalog.views.values():
                codes = self.countries_of(view)
                for metric in _shown_by(view, catalog):
                    found[metric].add((view.view, codes))
        return found

    def _above(self, metric: str) -> Iterator[str]:
        """Every metric that is computed from this one, at any height."""
        waiting, seen = [metric], {metric}
        while waiting:
            for above in self._made_of.get(waiting.pop(), ()):
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
                    yield above

    @cached_property
    def _made_of(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for catalog in self._both:
            for metric in catalog.metrics.values():
                for part in parts_of(metric.how):
                    found[part].add(metric.metric)
        return found


def _shown_by(view: View, catalog: Catalog) -> Iterator[str]:
    for name in view.metrics:
        yield name
        metric = catalog.metrics.get(name)
        if metric is not None and isinstance(metric.how, Ratio):
            yield from (metric.how.numerator, metric.how.denominator)
