"""Published views: each metric can be sliced by each dimension of the grain, and its events have a country and a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.rules.common import At, found, leaves, measured
from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.view import View


def view_lists(catalog: Catalog) -> Iterator[Finding]:
    """A view names each metric, dimension and country once, and at least one country."""
    for view in catalog.views.values():
        at = At("view", view.view)
        yield from _repeated(catalog, view.metrics, at / "metrics")
        yield from _repeated(catalog, view.grain.dimensions, at / "grain" / "dimensions")
        if view.countries != "all":
            yield from _repeated(catalog, view.countries, at / "countries")
            if not view.countries:
                yield found(
                    catalog,
                    "RNG-CAT-064",
                    at / "countries",
                    f"The view `{view.view}` is published in no country.",
                    "write `all`, or list codes.",
                )


def _repeated(catalog: Catalog, names: Sequence[str], at: At) -> Iterator[Finding]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield found(catalog, "RNG-CAT-063", at / position, f"`{name}` is listed twice.", "delete one of the two.")


def view_grain(catalog: Catalog) -> Iterator[Finding]:
    """Every metric of a view may be sliced by all dimensions of its grain, and so may all that the metric is made of."""
    for view in catalog.views.values():
        for position, name in enumerate(view.metrics):
            for part in leaves(catalog, name):
                how = measured(part)
                lacking = [dimension for dimension in view.grain.dimensions if how is not None and dimension not in how.dimensions]
                for dimension in lacking:
                    made = "" if part.metric == name else f", of which `{name}` is made,"
                    message = f"The view `{view.view}` has the dimension `{dimension}`, but `{part.metric}`{made} may not be sliced by it."
                    hint = f"add `{dimension}` to `how.dimensions` of `{part.metric}`, or take the metric out of the view."
                    yield found(catalog, "RNG-CAT-060", At("view", view.view, ("metrics", position)), message, hint)


def view_sources(catalog: Catalog) -> Iterator[Finding]:
    """Events of a published metric have an event time and a viewing country: a view is by country and period."""
    for view in catalog.views.values():
        for position, name in enumerate(view.metrics):
            for part in leaves(catalog, name):
                how = measured(part)
                source = catalog.sources.get(how.source) if how is not None else None
                missing = [field for field in ("event_time", "country") if source is not None and getattr(source, field) is None]
                for field in missing:
                    message = (
                        f"`{name}` cannot be published by country and period: its source `{how.source if how else ''}` names no `{field}`."
                    )
                    hint = f"name the column in `{field}` of the source, or take the metric out of the view."
                    yield found(catalog, "RNG-CAT-061", At("view", view.view, ("metrics", position)), message, hint)


def retired_columns(catalog: Catalog) -> Iterator[Finding]:
    """A view does not publish what is retired. What is deprecated stays in it until its last day, and then drops out by itself."""
    for view in catalog.views.values():
        for position, name in enumerate(view.metrics):
            metric = catalog.metrics.get(name)
            if metric is not None and metric.declared_end == "retired":
                at = At("view", view.view, ("metrics", position))
                message = f"The view `{view.view}` publishes `{name}`, which is retired."
                yield found(catalog, "RNG-CAT-065", at, message, "take it out of the view.")


def personal_dimensions(catalog: Catalog) -> Iterator[Finding]:
    """A view is not sliced by a column that points to a person: one row would stand for one person. A warning."""
    for view in catalog.views.values():
        for position, name in enumerate(view.grain.dimensions):
            if _is_personal(catalog, view, name):
                at = At("view", view.view, ("grain", "dimensions", position))
                message = f"`{name}` is classified `personal`; a row of the view `{view.view}` would stand for one person."
                yield found(catalog, "RNG-CAT-067", at, message, "take it out of the grain.", severity=Severity.WARNING)


def _is_personal(catalog: Catalog, view: View, name: str) -> bool:
    sources = {how.source for metric in view.metrics for part in leaves(catalog, metric) if (how := measured(part)) is not None}
    columns = [catalog.sources[source].columns.get(name) for source in sources if source in catalog.sources]
    if any(column is not None for column in columns):
        return any(column is not None and column.classification is Classification.PERSONAL for column in columns)
    joined = [dimension.attributes.get(name) for dimension in catalog.dimensions.values()]
    return any(attribute is not None and attribute.classification is Classification.PERSONAL for attribute in joined)
