"""What the lake publishes at this moment, by metric: the digests that stand in the definer views. Read by `ringi status`.

One definer view is asked for each view, since all countries of a view are published from the same facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from views.plan import MARK, METRIC
from views.published_view import published_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metrics_catalog.view import View


class ViewProperties(Protocol):
    """The properties of definer views, without all else that a view is."""

    def namespaces(self) -> tuple[str, ...]:
        """Namespaces that hold anything."""

    def properties(self, name: str) -> Mapping[str, str] | None:
        """Those of one view such as `views_jp.title_daily`; None where there is none."""


def published_digests(lake: ViewProperties, views: Mapping[str, View], countries: Iterable[str]) -> dict[str, frozenset[str]]:
    """Digests of the certified meanings that are published now, by metric; metrics that no view publishes are left out."""
    present = set(lake.namespaces())
    codes = [code for code in sorted(countries) if f"views_{code.lower()}" in present]
    found: dict[str, set[str]] = {}
    for name, view in views.items():
        for column, digest in _digests(lake, name, codes if view.countries == "all" else sorted(set(codes) & set(view.countries))):
            found.setdefault(column, set()).add(digest)
    return {metric: frozenset(digests) for metric, digests in found.items()}


def _digests(lake: ViewProperties, view: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Metric and digest of each column of the first country that has the view."""
    held = (lake.properties(published_name(code, view)) for code in codes)
    properties = next((found for found in held if found is not None and MARK in found), {})
    return [(name.removeprefix(METRIC), digest) for name, digest in properties.items() if name.startswith(METRIC)]
