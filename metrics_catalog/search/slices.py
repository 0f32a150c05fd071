"""What metrics can be sliced by: columns of sources, attributes of dimension tables, the viewing country and the period.

Used by `collect` for the dimension entries of the index and for the dimensions of each metric.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from metrics_catalog.search.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Metric
    from metrics_catalog.model import Text

SHOWN = 20
"""A dimension entry names at most this many of its metrics; the count says how many there are."""

_BUILT_IN: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "viewing_country": (
        ("Viewing country", "視聴国"),
        ("country", "国", "くに"),
        (
            "The country in which it was watched; every published view has one copy a country.",
            "視聴された国。公開ビューは国ごとに分かれる。",
        ),
    ),
    "viewing_date": (
        ("Viewing day", "視聴日"),
        ("day", "date", "日次", "日別"),
        ("The day on the viewing country's clock.", "視聴国の現地日。"),
    ),
    "viewing_week": (
        ("Viewing week", "視聴週"),
        ("week", "週次", "週別"),
        ("The ISO week, named by its Monday.", "ISO 週(月曜日で表す)。"),
    ),
    "viewing_month": (("Viewing month", "視聴月"), ("month", "月次", "月別"), ("The month, named by its first day.", "月(初日で表す)。")),
}
_TIME_COLUMN = {"day": "viewing_date", "week": "viewing_week", "month": "viewing_month"}


_IMPORTANCE = {"critical": 0, "standard": 1, "optional": 2}
_END = {None: 0, "deprecated": 10, "retired": 20}


def weight_of(metric: Metric) -> int:
    """What comes first of metrics that match equally well: active before deprecated, critical before standard."""
    return _IMPORTANCE[metric.tier] + _END[metric.declared_end]


def texts_of(text: Text | None) -> tuple[str, ...]:
    """Both languages of a text; nothing where there is none."""
    return (text.en, text.ja) if text is not None else ()


def label_object(text: Text | None) -> dict[str, str] | None:
    """A text as JSON."""
    return {"en": text.en, "ja": text.ja} if text is not None else None


class Slices:
    """Dimensions of a catalog by name, and the metrics each of them slices."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._of: dict[str, tuple[str, ...]] = {}
        self._tables = {name: table for table in catalog.dimensions.values() for name in table.attributes}

    def of(self, metric: str) -> tuple[str, ...]:
        """Dimensions of a metric; a ratio or derived metric has those that all its parts have."""
        if metric not in self._of:
            self._of[metric] = ()  # a metric that names itself has none, instead of no end
            self._of[metric] = self._resolve(metric)
        return self._of[metric]

    def _resolve(self, metric: str) -> tuple[str, ...]:
        found = self._catalog.metrics.get(metric)
        if found is None:
            return ()
        if found.how.kind != "ratio" and found.how.kind != "derived":
            return found.how.dimensions
        parts = [self.of(part) for part in self._parts(found.how)]
        return tuple(name for name in parts[0] if all(name in part for part in parts[1:])) if parts else ()

    def _parts(self, how: Any) -> list[str]:
        if how.kind == "ratio":
            return [how.numerator, how.denominator]
        from metrics_catalog.expression import ExpressionError, columns, parse

        try:
            return sorted(columns(parse(how.expression)))
        except ExpressionError:
            return []  # `check` says what is wrong with it; search still finds the metric

    def labels(self, name: str) -> tuple[str, ...]:
        """Display names of a dimension, where it has any."""
        if name in _BUILT_IN:
            return _BUILT_IN[name][0]
        table = self._tables.get(name)
        return texts_of(table.attributes[name].label) if table is not None else ()

    def entries(self) -> Iterator[Entry]:
        """One entry for each dimension that slices a metric or names rows of a view, and for each dimension table."""
        metrics = self._metrics_by_dimension()
        for name, names in metrics.items():
            _, aliases, about = _BUILT_IN.get(name, ((), (), self._described(name)))
            table = self._tables.get(name)
            yield self._entry(name, self.labels(name), aliases, about, names, table.dimension if table else None)
        for table in self._catalog.dimensions.values():
            if table.dimension not in metrics:
                names = sorted({metric for attribute in table.attributes for metric in metrics.get(attribute, ())})
                about = (*texts_of(table.description), *table.attributes)
                yield self._entry(table.dimension, texts_of(table.label), (), about, names, None)

    def _entry(
        self, name: str, labels: tuple[str, ...], aliases: tuple[str, ...], about: tuple[str, ...], metrics: list[str], table: str | None
    ) -> Entry:
        label = {"en": labels[0], "ja": labels[-1]} if labels else None
        description = {"en": about[0], "ja": about[1]} if len(about) > 1 else None
        facts = {
            "dimension": name,
            "label": label,
            "description": description,
            "table": table,
            "metric_count": len(metrics),
            "metrics": metrics[:SHOWN],
        }
        return Entry("dimension", name, labels, aliases, about=about, facts=facts)

    def _metrics_by_dimension(self) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for name in sorted(self._catalog.metrics, key=lambda name: (weight_of(self._catalog.metrics[name]), name)):
            for dimension in ("viewing_country", *self.of(name)):
                found[dimension][name] = None
        for view in self._catalog.views.values():
            found[_TIME_COLUMN[view.grain.time]].update(dict.fromkeys(view.metrics))
            for dimension in view.grain.dimensions:
                found[dimension].update({})  # one that only a view names is found as well
        for attribute in self._tables:
            found[attribute].update({})
        return {dimension: list(names) for dimension, names in found.items()}

    def _described(self, name: str) -> tuple[str, ...]:
        for source in self._catalog.sources.values():
            if name in source.columns and source.columns[name].description is not None:
                return texts_of(source.columns[name].description)
        return ()
