"""From a catalog to what its metrics mean: all that the two keys cover, gathered by the marks on the models' fields.

Used by `meaning.resolve`. The compiler's typed values (`Logic`) are filled from the models; every other fact classed
`logic`, and so every fact that nobody classed, goes to `Logic.others`: nothing that could change a number is left out.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from metrics_catalog import canonical_json, expression
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.errors import CatalogError
from metrics_catalog.field_facts import Fact, facts_of
from metrics_catalog.finding import did_you_mean
from metrics_catalog.logic import DimensionLogic, Logic, SourceLogic, VariantLogic
from metrics_catalog.metric import Derived, Ratio
from metrics_catalog.model import FieldClass
from metrics_catalog.resolve_parts import Facts, Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Metric
    from metrics_catalog.source import Source

LOGIC, BUSINESS = FieldClass.LOGIC, FieldClass.BUSINESS

_OF_METRIC = frozenset(
    {"metric", *(f"how.{field}" for field in ("kind", "source", "filter", "expression", "dimensions", "numerator", "denominator"))}
)
_OF_VARIANT = ("", ".filter", ".expression", ".until")

_printed = lru_cache(maxsize=65_536)(expression.canonical)
_columns = lru_cache(maxsize=65_536)(expression.columns)


class UnresolvedError(CatalogError):
    """A metric has no meaning at present because the catalog has faults; `field` is where, such as `how.source`."""

    def __init__(self, metric: str, field: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint or "run `ringi check` and mend what it finds.")
        self.metric, self.field = metric, field


class Resolver:
    """Resolves the metrics of one catalog; each is resolved once, whatever is computed from it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._shared = Parts(catalog)
        self._logics: dict[str, Logic] = {}
        self._facts: dict[str, list[Fact]] = {}
        self._open: list[str] = []

    @cached_property
    def countries(self) -> CountryParts:
        """What all metrics take from the countries."""
        return CountryParts.of(self._catalog.countries)

    def logic(self, name: str) -> Logic:
        """The logic of a metric; raises UnresolvedError."""
        if name not in self._logics:
            if name in self._open:
                raise UnresolvedError(name, "how", f"`{name}` is computed from itself: {' -> '.join([*self._open, name])}.")
            metric = self._metric(name)
            self._open.append(name)
            try:
                self._logics[name] = self._logic(metric)
            finally:
                self._open.pop()
        return self._logics[name]

    def business(self, name: str) -> Facts:
        """All facts that only the Business key covers, by dotted path; raises UnresolvedError."""
        logic = self.logic(name)
        facts = self._own(self._metric(name), BUSINESS)
        for below in logic.measured():
            facts |= self._shared_facts(below.source, below.dimensions, BUSINESS)
        for part in _upstream(logic):
            facts[f"upstream.{part}.what.unit"] = canonical_json.plain(self._metric(part).what.unit)
        return facts

    def _logic(self, metric: Metric) -> Logic:
        source = self._source(metric)
        dimensions = (
            {} if source is None else {name: self._dimension(metric, name, source) for name in getattr(metric.how, "dimensions", ())}
        )
        part = None if source is None else self._shared.source(source.source, self._used(metric, source, dimensions))
        typed = _OF_METRIC | {f"countries.{code}{field}" for code in metric.countries for field in _OF_VARIANT}
        own = {path: value for path, value in self._own(metric, LOGIC).items() if path not in typed}
        logic = Logic(
            metric=metric.metric,
            kind=metric.how.kind,
            source=part,
            expression=self._canonical(metric, "how.expression", getattr(metric.how, "expression", None)),
            filter=self._canonical(metric, "how.filter", getattr(metric.how, "filter", None)),
            dimensions=dimensions,
            variants=self._variants(metric),
            numerator=metric.how.numerator if isinstance(metric.how, Ratio) else None,
            denominator=metric.how.denominator if isinstance(metric.how, Ratio) else None,
            parts=self._parts(metric),
            others=own | self._shared_facts(part, dimensions, LOGIC),
        )
        return logic.model_copy(update={"time_zones": self.countries.time_zones})  # shared by all metrics, not copied into each

    def _own(self, metric: Metric, wanted: FieldClass) -> Facts:
        if metric.metric not in self._facts:
            self._facts[metric.metric] = [fact for fact in facts_of(metric) if fact.field_class is not FieldClass.EDITORIAL]
        return {fact.path: fact.value for fact in self._facts[metric.metric] if fact.field_class is wanted}

    def _shared_facts(self, source: SourceLogic | None, dimensions: Mapping[str, DimensionLogic | None], wanted: FieldClass) -> Facts:
        facts = {} if source is None else dict(self._shared.source_facts(source, wanted))
        for dimension in dimensions.values():
            facts |= {} if dimension is None else self._shared.dimension_facts(dimension, wanted)
        return facts

    def _metric(self, name: str) -> Metric:
        if name not in self._catalog.metrics:
            asking = self._open[-1] if self._open else name
            message = (
                f"`{asking}` is computed from the metric `{name}`, which does not exist." if self._open else f"There is no metric `{name}`."
            )
            raise UnresolvedError(asking, "how" if self._open else "metric", message, did_you_mean(name, self._catalog.metrics))
        return self._catalog.metrics[name]

    def _parts(self, metric: Metric) -> dict[str, Logic]:
        names: set[str] = set()
        if isinstance(metric.how, Ratio):
            names = {metric.how.numerator, metric.how.denominator}
        elif isinstance(metric.how, Derived):
            names = set(_columns(_parsed(metric, "how.expression", metric.how.expression)))
        return {name: self.logic(name) for name in sorted(names)}

    def _source(self, metric: Metric) -> Source | None:
        if isinstance(metric.how, Ratio | Derived):
            return None
        name = metric.how.source
        if name not in self._catalog.sources:
            message = f"`{metric.metric}` measures the source `{name}`, which does not exist."
            raise UnresolvedError(metric.metric, "how.source", message, did_you_mean(name, self._catalog.sources))
        return self._catalog.sources[name]

    def _canonical(self, metric: Metric, field: str, text: str | None) -> str | None:
        return None if text is None else _printed(_parsed(metric, field, text))

    def _variants(self, metric: Metric) -> dict[str, VariantLogic]:
        return {
            code: VariantLogic(
                filter=self._canonical(metric, f"countries.{code}.filter", variant.filter),
                expression=self._canonical(metric, f"countries.{code}.expression", variant.expression),
                until=variant.until,
            )
            for code, variant in metric.countries.items()
        }

    def _used(self, metric: Metric, source: Source, dimensions: Mapping[str, DimensionLogic | None]) -> frozenset[str]:
        """The columns of the source that the metric's numbers depend on; raises UnresolvedError where one is missing."""
        used = {name for name in (*source.key, source.event_time, source.received_time, source.country) if name}
        used |= {name if dimension is None else dimension.key for name, dimension in dimensions.items()}
        for field, text in _texts(metric):
            used |= _columns(_parsed(metric, field, text))
        for column in sorted(used - source.columns.keys()):
            message = f"`{metric.metric}` needs the column `{column}`, which `{source.source}` does not have."
            raise UnresolvedError(metric.metric, "how", message, did_you_mean(column, source.columns))
        return frozenset(used)

    def _dimension(self, metric: Metric, name: str, source: Source) -> DimensionLogic | None:
        """None for a column of the source, else the one dimension that has the attribute and a key the source has."""
        if name in source.columns:
            return None
        for each in sorted(self._catalog.dimensions):
            dimension = self._catalog.dimensions[each]
            if name in dimension.attributes and dimension.key in source.columns:
                return self._shared.dimension(each, name)
        known = [*source.columns, *(attribute for each in self._catalog.dimensions.values() for attribute in each.attributes)]
        message = f"`{metric.metric}` is sliced by `{name}`, which is no column of `{source.source}` and no attribute of a dimension joined to it."
        raise UnresolvedError(metric.metric, "how.dimensions", message, did_you_mean(name, known))


def _upstream(logic: Logic) -> set[str]:
    return set(logic.parts) | {name for part in logic.parts.values() for name in _upstream(part)}


def _parsed(metric: Metric, field: str, text: str) -> expression.Node:
    try:
        return expression.parse(canonical_json.nfc(text))
    except expression.ExpressionError as error:
        raise UnresolvedError(
            metric.metric, field, f"`{field}` of `{metric.metric}` cannot be read: {error.message}", error.hint
        ) from error


def _texts(metric: Metric) -> list[tuple[str, str]]:
    """Each expression and filter over the columns of a metric's source, with the field in which it stands."""
    found = [(f"how.{field}", getattr(metric.how, field, None)) for field in ("expression", "filter")]
    found += [
        (f"countries.{code}.{field}", getattr(variant, field))
        for code, variant in metric.countries.items()
        for field in ("expression", "filter")
    ]
    return [(field, text) for field, text in found if text is not None]
