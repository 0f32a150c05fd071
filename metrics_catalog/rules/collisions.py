"""Names that cannot stand side by side in SQL: two columns of a view called alike, or a name that SQL keeps for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.metric import Ratio
from metrics_catalog.rules.common import At, found, parts_of
from metrics_catalog.rules.reserved import RESERVED
from metrics_catalog.view import COUNTRY_COLUMN, TIME_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.view import View

_FIXED = frozenset({COUNTRY_COLUMN, *TIME_COLUMN.values()})


def colliding_columns(catalog: Catalog) -> Iterator[Finding]:
    """The columns of a view have different names: country, period, dimensions, metrics, and the parts of its ratios."""
    for view in catalog.views.values():
        at = At("view", view.view)
        taken = {COUNTRY_COLUMN: "the viewing country", view.time_column: "the period"}
        for position, name in enumerate(dict.fromkeys(view.grain.dimensions)):
            if name in taken:
                yield _collision(catalog, view, at / "grain" / "dimensions" / position, f"The dimension `{name}`", taken[name])
            taken.setdefault(name, f"the dimension `{name}`")
        for position, name in enumerate(view.metrics):
            for column in (name, *_published_beside(catalog, name)):
                if column in taken:
                    what = f"The metric `{column}`" if column == name else f"`{column}`, a part of the ratio `{name}`,"
                    yield _collision(catalog, view, at / "metrics" / position, what, taken[column])


def _collision(catalog: Catalog, view: View, at: At, what: str, other: str) -> Finding:
    return found(
        catalog, "RNG-CAT-062", at, f"{what} is called like the column of {other} in the view `{view.view}`.", "give it another name."
    )


def _published_beside(catalog: Catalog, name: str) -> tuple[str, ...]:
    """The parts of a ratio, which a view publishes beside it whether listed or not."""
    metric = catalog.metrics.get(name)
    return parts_of(metric.how) if metric is not None and isinstance(metric.how, Ratio) else ()


def reserved_words(catalog: Catalog) -> Iterator[Finding]:
    """Metrics, views and attributes keep clear of the words of SQL and of the columns that every view has."""
    for kind, names in (("metric", catalog.metrics), ("view", catalog.views)):
        for name in names:
            yield from _reserved(catalog, At(kind, name, (kind,)), f"The {kind}", name)
    for dimension in catalog.dimensions.values():
        for name in dimension.attributes:
            yield from _reserved(catalog, At("dimension", dimension.dimension, ("attributes", name)), "The attribute", name)


def _reserved(catalog: Catalog, at: At, what: str, name: str) -> Iterator[Finding]:
    if name in RESERVED:
        message = f"{what} `{name}` is called like a word of SQL; analysts would have to quote it in each query."
        yield found(catalog, "RNG-CAT-066", at, message, f"give it a name of two words, such as `{name}_count`.")
    elif name in _FIXED:
        yield found(
            catalog, "RNG-CAT-066", at, f"{what} `{name}` is called like a column that views already have.", "give it another name."
        )
