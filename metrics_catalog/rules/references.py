"""Names that one definition gives and another should define: sources, columns, dimensions, countries, people, hearings, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import did_you_mean
from metrics_catalog.metric import Derived, Ratio
from metrics_catalog.rules.common import At, attributes, found, measured, parts_of, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.hearing import Hearing
    from metrics_catalog.metric import Metric
    from metrics_catalog.view import View


def unknown_names(catalog: Catalog) -> Iterator[Finding]:
    """Every name leads to a definition."""
    sliceable = {name: attributes(catalog, source) | source.columns.keys() for name, source in catalog.sources.items()}
    for metric in catalog.metrics.values():
        yield from _of_metric(catalog, metric, sliceable)
    for view in catalog.views.values():
        yield from _of_view(catalog, view, set().union(*sliceable.values()) if sliceable else set())
    for hearing in catalog.hearings.values():
        yield from _of_hearing(catalog, hearing)
    for dimension in catalog.dimensions.values():
        if dimension.source is not None:
            yield from unknown(catalog, "source", dimension.source, catalog.sources, At("dimension", dimension.dimension, ("source",)))


def _of_metric(catalog: Catalog, metric: Metric, sliceable: dict[str, set[str]]) -> Iterator[Finding]:
    at = At("metric", metric.metric)
    how = measured(metric)
    if how is not None:
        yield from unknown(catalog, "source", how.source, catalog.sources, at / "how" / "source")
        known = sliceable.get(how.source)
        for position, name in enumerate(how.dimensions if known is not None else ()):
            yield from _unknown_dimension(catalog, name, known or set(), at / "how" / "dimensions" / position, f"`{how.source}`")
    yield from _parts(catalog, metric, at)
    for code in metric.countries:
        yield from unknown(catalog, "country", code, catalog.countries, at / "countries" / code)
    for position, example in enumerate(metric.examples):
        yield from unknown(catalog, "country", example.country, catalog.countries, at / "examples" / position / "country")
    if metric.proposer is not None:
        yield from unknown(catalog, "person", metric.proposer, catalog.people, at / "proposer")
    if metric.deprecation is not None:
        yield from unknown(catalog, "metric", metric.deprecation.successor, catalog.metrics, at / "deprecation" / "successor")
    if metric.hearing is not None:
        yield from unknown(catalog, "hearing", metric.hearing, catalog.hearings, at / "hearing")


def _parts(catalog: Catalog, metric: Metric, at: At) -> Iterator[Finding]:
    if isinstance(metric.how, Ratio):
        yield from unknown(catalog, "metric", metric.how.numerator, catalog.metrics, at / "how" / "numerator")
        yield from unknown(catalog, "metric", metric.how.denominator, catalog.metrics, at / "how" / "denominator")
    elif isinstance(metric.how, Derived):
        for name in parts_of(metric.how):
            offset = metric.how.expression.lower().find(name)
            yield from unknown(catalog, "metric", name, catalog.metrics, at / "how" / "expression", offset=max(offset, 0))


def _unknown_dimension(catalog: Catalog, name: str, known: set[str], at: At, where: str) -> Iterator[Finding]:
    if name in known or _may_be_broken(catalog):
        return
    message = f"`{name}` is no column of {where} and no attribute of a dimension that is joined to it."
    yield found(
        catalog, "RNG-CAT-035", at, message, did_you_mean(name, known) or "name a column, or define a dimension that has this attribute."
    )


def _may_be_broken(catalog: Catalog) -> bool:
    """A dimension file that could not be read may define the attribute; its own findings say so."""
    return bool(catalog.broken.get("dimension"))


def _of_view(catalog: Catalog, view: View, sliceable: set[str]) -> Iterator[Finding]:
    at = At("view", view.view)
    for position, name in enumerate(view.metrics):
        yield from unknown(catalog, "metric", name, catalog.metrics, at / "metrics" / position)
    for position, name in enumerate(view.grain.dimensions if not catalog.broken.get("source") else ()):
        yield from _unknown_dimension(catalog, name, sliceable, at / "grain" / "dimensions" / position, "any source")
    for position, code in enumerate(() if view.countries == "all" else view.countries):
        yield from unknown(catalog, "country", code, catalog.countries, at / "countries" / position)


def _of_hearing(catalog: Catalog, hearing: Hearing) -> Iterator[Finding]:
    at = At("hearing", hearing.hearing)
    for position, name in enumerate(hearing.metrics):
        yield from unknown(catalog, "metric", name, catalog.metrics, at / "metrics" / position)
    for position, attendee in enumerate(hearing.attendees):
        yield from unknown(catalog, "person", attendee.person, catalog.people, at / "attendees" / position / "person")
    for number, entry in enumerate(hearing.entries):
        inside = at / "entries" / number
        for position, name in enumerate(entry.metrics):
            yield from unknown(catalog, "metric", name, catalog.metrics, inside / "metrics" / position)
        for position, attendee in enumerate(entry.attendees):
            yield from unknown(catalog, "person", attendee.person, catalog.people, inside / "attendees" / position / "person")
