"""What the catalog knows of one column of a published view: its type, and how freely it may be shown.

Used by `relation.py`. A count or a sum says nothing of one viewer, so a metric is internal; a least or greatest value is a
value of somebody's, so it is as personal as what it is taken from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.expression import ExpressionError, columns, parse, type_of
from metrics_catalog.metric import Average, Count, CountDistinct, Derived, Maximum, Minimum, Ratio, Sum
from metrics_catalog.source import Classification, ColumnType
from metrics_catalog.view import COUNTRY_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.dimension import Attribute
    from metrics_catalog.metric import Metric
    from metrics_catalog.source import Column
    from metrics_catalog.view import View

STRICTNESS = (Classification.PUBLIC, Classification.INTERNAL, Classification.PERSONAL)
"""Classes from the freest to the strictest."""


def classification_of(catalog: Catalog, view: str, column: str) -> Classification:
    """The class of a view's column; personal where the catalog does not know it."""
    declared = catalog.views.get(view)
    if declared is None:
        return Classification.PERSONAL
    if column in (COUNTRY_COLUMN, declared.time_column):
        return Classification.PUBLIC
    if column in catalog.metrics:
        return _class_of_metric(catalog, catalog.metrics[column])
    return _strictest(each.classification for each in _dimensions(catalog, declared, column))


def columns_of(catalog: Catalog, view: str) -> tuple[str, ...]:
    """The declared columns of a view, in order: country, period, dimensions, metrics, and the parts of ratios beside them."""
    declared = catalog.views[view]
    hows = (catalog.metrics[name].how for name in declared.metrics if name in catalog.metrics)
    parts = (part for how in hows if isinstance(how, Ratio) for part in (how.numerator, how.denominator))
    names = (COUNTRY_COLUMN, declared.time_column, *declared.grain.dimensions, *declared.metrics, *parts)
    return tuple(dict.fromkeys(names))


def type_of_column(catalog: Catalog, view: str, column: str) -> ColumnType | None:
    """The type of a declared column; None where the catalog's own findings say why it cannot be told."""
    declared = catalog.views[view]
    if column == COUNTRY_COLUMN:
        return ColumnType.STRING
    if column == declared.time_column:
        return ColumnType.DATE
    if column in declared.grain.dimensions:
        return ColumnType.STRING  # whatever it is in the source, so that `unknown` fits
    return _type_of_metric(catalog, catalog.metrics[column]) if column in catalog.metrics else None


def _dimensions(catalog: Catalog, view: View, name: str) -> Iterator[Column | Attribute]:
    """Columns of the view's sources and attributes of dimensions that bear the name."""
    metrics = (catalog.metrics[each] for each in view.metrics if each in catalog.metrics)
    for source in {how.source for metric in metrics if not isinstance(how := metric.how, Ratio | Derived)}:
        if source in catalog.sources and name in catalog.sources[source].columns:
            yield catalog.sources[source].columns[name]
    for dimension in catalog.dimensions.values():
        if name in dimension.attributes:
            yield dimension.attributes[name]


def _strictest(classes: Iterable[Classification]) -> Classification:
    return max(classes, key=STRICTNESS.index, default=Classification.PERSONAL)


def _class_of_metric(catalog: Catalog, metric: Metric) -> Classification:
    how = metric.how
    if not isinstance(how, Minimum | Maximum):
        return Classification.INTERNAL
    source = catalog.sources.get(how.source)
    try:
        used = {how.expression} if how.expression.isidentifier() else columns(parse(how.expression))
    except ExpressionError:
        return Classification.PERSONAL
    known = source.columns if source is not None else {}
    read = _strictest(known[name].classification if name in known else Classification.PERSONAL for name in used)
    return Classification.PERSONAL if read is Classification.PERSONAL else Classification.INTERNAL


def _type_of_metric(catalog: Catalog, metric: Metric) -> ColumnType | None:
    how = metric.how
    if isinstance(how, Count | CountDistinct):
        return ColumnType.INTEGER
    if isinstance(how, Average | Ratio | Derived):
        return ColumnType.DOUBLE
    source = catalog.sources.get(how.source)
    if source is None or not isinstance(how, Sum | Minimum | Maximum):
        return None
    try:
        return type_of(parse(how.expression), {name: column.type for name, column in source.columns.items()})
    except ExpressionError:  # a finding of the registry's own
        return None
