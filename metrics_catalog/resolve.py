"""From a catalog to what its metrics mean: all that the two keys cover, gathered by the marks on the models' fields.

Used by `meaning.resolve`. The compiler's typed values (`Logic`) are filled from the models; every other fact classed
`logic`, and so every fact that nobody classed, goes to `Logic.others`: nothing that could change a number is left out.
Of a source or dimension only the columns and attributes that the metric uses take part.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics_catalog import canonical_json, expression
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.errors import CatalogError
from metrics_catalog.field_facts import Fact, facts_of
from metrics_catalog.finding import did_you_mean
from metrics_catalog.logic import DimensionLogic, Logic, SourceLogic, VariantLogic
from metrics_catalog.metric import Derived, Ratio
from metrics_catalog.model import FieldClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.dimension import Dimension, Scalar
    from metrics_catalog.metric import Measured, Metric
    from metrics_catalog.source import Source

Facts = dict[str, Any]
LOGIC, BUSINESS = FieldClass.LOGIC, FieldClass.BUSINESS

_OF_METRIC = {"metric", "how.kind", "how.source", "how.filter", "how.expression", "how.dimensions", "how.numerator", "how.denominator"}
_OF_VARIANT = ("", ".filter", ".expression", ".until")
_OF_SOURCE = {"source", "delivery", "key", "event_time", "received_time", "country"}
_OF_DIMENSION = {"dimension", "key", "source", "rows", "attributes", "validity.valid_from", "validity.valid_until"}


class UnresolvedError(CatalogError):
    """A metric has no meaning at present because the catalog has faults; `field` is where, such as `how.source`."""

    def __init__(self, metric: str, field: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or "run `ringi check` and mend what it finds.")
        self.metric, self.field = metric, field


class Resolver:
    """Resolves the metrics of one catalog; what many metrics share is gathered once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._logics: dict[str, Logic] = {}
        self._facts: dict[tuple[str, str], dict[str, list[Fact]]] = {}
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
            self._open.append(name)
            try:
                self._logics[name] = self._logic(self._metric(name, "metric"))
            finally:
                self._open.pop()
        return self._logics[name]

    def business(self, name: str) -> Facts:
        """All facts that only the Business key covers, by dotted path; raises UnresolvedError."""
        metric, logic = self._metric(name, "metric"), self.logic(name)
        facts = {fact.path: fact.value for fact in facts_of(metric) if fact.field_class is BUSINESS}
        for below in logic.measured():
            if below.source:
                facts |= self._source_facts(below.source.source, below.source.columns, BUSINESS)
            for found in below.dimensions.values():
                facts |= self._dimension_facts(found, BUSINESS) if found else {}
        for part in self._upstream(logic):
            facts[f"upstream.{part}.what.unit"] = canonical_json.plain(self._metric(part, "how").what.unit)
        return facts

    def _upstream(self, logic: Logic) -> set[str]:
        return set(logic.parts) | {name for part in logic.parts.values() for name in self._upstream(part)}

    def _logic(self, metric: Metric) -> Logic:
        how = metric.how
        parts = self._parts(metric)
        source = None if isinstance(how, Ratio | Derived) else self._source(metric, how.source)
        text = getattr(how, "expression", None)
        found = {} if source is None or isinstance(how, Ratio | Derived) else self._dimensions(metric, how, source)
        source_logic = None if source is None else self._source_logic(metric, source, found)
        return Logic(
            metric=metric.metric,
            kind=how.kind,
            source=source_logic,
            expression=text and self._canonical(metric, "how.expression", text),
            filter=None if isinstance(how, Ratio | Derived) else self._canonical(metric, "how.filter", how.filter),
            dimensions=found,
            variants=self._variants(metric),
            numerator=how.numerator if isinstance(how, Ratio) else None,
            denominator=how.denominator if isinstance(how, Ratio) else None,
            parts=parts,
            time_zones={},
            others=self._others(metric, source_logic, found),
        ).model_copy(update={"time_zones": self.countries.time_zones})  # shared by all metrics, not copied 12,000 times

    def _metric(self, name: str, field: str) -> Metric:
        if name not in self._catalog.metrics:
            near = did_you_mean(name, self._catalog.metrics)
            raise UnresolvedError(self._open[0] if self._open else name, field, f"There is no metric `{name}`.", near or None)
        return self._catalog.metrics[name]

    def _parts(self, metric: Metric) -> dict[str, Logic]:
        if isinstance(metric.how, Ratio):
            names = {metric.how.numerator, metric.how.denominator}
        elif isinstance(metric.how, Derived):
            names = set(expression.columns(self._parsed(metric, "how.expression", metric.how.expression)))
        else:
            return {}
        return {name: self.logic(name) for name in sorted(names)}

    def _source(self, metric: Metric, name: str) -> Source:
        if name not in self._catalog.sources:
            message = f"`{metric.metric}` measures the source `{name}`, which does not exist."
            raise UnresolvedError(metric.metric, "how.source", message, did_you_mean(name, self._catalog.sources) or None)
        return self._catalog.sources[name]

    def _parsed(self, metric: Metric, field: str, text: str) -> expression.Node:
        try:
            return expression.parse(canonical_json.nfc(text))
        except expression.ExpressionError as error:
            raise UnresolvedError(metric.metric, field, f"`{field}` of `{metric.metric}`: {error.message}", error.hint) from error

    def _canonical(self, metric: Metric, field: str, text: str | None) -> str | None:
        return None if text is None else expression.canonical(self._parsed(metric, field, text))

    def _variants(self, metric: Metric) -> dict[str, VariantLogic]:
        return {
            code: VariantLogic(
                filter=self._canonical(metric, f"countries.{code}.filter", variant.filter),
                expression=self._canonical(metric, f"countries.{code}.expression", variant.expression),
                until=variant.until,
            )
            for code, variant in metric.countries.items()
        }

    def _source_logic(self, metric: Metric, source: Source, found: Mapping[str, DimensionLogic | None]) -> SourceLogic:
        used = {*source.key, source.event_time, source.received_time, source.country} - {None}
        used |= {name if dimension is None else dimension.key for name, dimension in found.items()}
        for field, text in _texts(metric):
            used |= expression.columns(self._parsed(metric, field, text))
        for column in sorted(name for name in used if name is not None):
            if column not in source.columns:
                hint = did_you_mean(column, source.columns) or None
                raise UnresolvedError(metric.metric, "how", f"`{metric.metric}` needs the column `{column}`, which `{source.source}` does not have.", hint)
        return SourceLogic(
            source=source.source,
            delivery=source.delivery,
            key=source.key,
            event_time=source.event_time,
            received_time=source.received_time,
            country=source.country,
            columns={name: column.type for name, column in source.columns.items() if name in used},
        )

    def _dimensions(self, metric: Metric, how: Measured, source: Source) -> dict[str, DimensionLogic | None]:
        return {name: self._dimension(metric, name, source) for name in how.dimensions}

    def _dimension(self, metric: Metric, name: str, source: Source) -> DimensionLogic | None:
        """None for a column of the source, else the one dimension that has the attribute and a key the source has."""
        if name in source.columns:
            return None
        for dimension in sorted(self._catalog.dimensions.values(), key=lambda each: each.dimension):
            if name in dimension.attributes and dimension.key in source.columns:
                return dimension_logic(dimension, name)
        hint = did_you_mean(name, [*source.columns, *(attribute for each in self._catalog.dimensions.values() for attribute in each.attributes)])
        message = f"`{metric.metric}` is sliced by `{name}`, which is no column of `{source.source}` and no attribute of a dimension joined to it."
        raise UnresolvedError(metric.metric, "how.dimensions", message, hint or None)

    def _others(self, metric: Metric, source: SourceLogic | None, found: Mapping[str, DimensionLogic | None]) -> Facts:
        typed = _OF_METRIC | {f"countries.{code}{field}" for code in metric.countries for field in _OF_VARIANT}
        facts = {fact.path: fact.value for fact in facts_of(metric) if fact.field_class is LOGIC and fact.path not in typed}
        if source is not None:
            facts |= self._source_facts(source.source, source.columns, LOGIC)
        for dimension in found.values():
            facts |= self._dimension_facts(dimension, LOGIC) if dimension else {}
        return facts

    def _source_facts(self, name: str, used: Iterable[str], wanted: FieldClass) -> Facts:
        """Facts of a source and of its used columns that `SourceLogic` does not hold."""
        by_member = self._by_member("source", name)
        typed = _OF_SOURCE | {f"columns.{column}.type" for column in used}
        return _taken(f"source.{name}", [by_member[""], *(by_member.get(f"columns.{column}", []) for column in used)], typed, wanted)

    def _dimension_facts(self, logic: DimensionLogic, wanted: FieldClass) -> Facts:
        """Facts of a dimension and of the one attribute that `DimensionLogic` does not hold, and of its own source."""
        by_member = self._by_member("dimension", logic.dimension)
        attribute = f"attributes.{logic.attribute}"
        facts = _taken(f"dimensions.{logic.dimension}", [by_member[""], by_member.get(attribute, [])], _OF_DIMENSION | {attribute, f"{attribute}.type"}, wanted)
        if logic.source is not None and logic.source in self._catalog.sources:
            used = {logic.key, logic.attribute, logic.valid_from, logic.valid_until} - {None}
            by_member = self._by_member("source", logic.source)
            facts |= _taken(f"source.{logic.source}", [by_member[""], *(by_member.get(f"columns.{column}", []) for column in used)], set(), wanted)
        return facts

    def _by_member(self, kind: str, name: str) -> dict[str, list[Fact]]:
        """Facts of a source or dimension: those of its own under ``, those of each column or attribute under its path."""
        if (kind, name) not in self._facts:
            model = self._catalog.sources[name] if kind == "source" else self._catalog.dimensions[name]
            members: dict[str, list[Fact]] = {"": []}
            for fact in facts_of(model):
                is_member = fact.path.startswith(("columns.", "attributes."))
                members.setdefault(".".join(fact.path.split(".")[:2]) if is_member else "", []).append(fact)
            self._facts[kind, name] = members
        return self._facts[kind, name]


def dimension_logic(dimension: Dimension, attribute: str) -> DimensionLogic:
    """How one attribute of a dimension is found."""
    validity = dimension.validity
    return DimensionLogic(
        dimension=dimension.dimension,
        key=dimension.key,
        source=dimension.source,
        rows_digest=canonical_json.digest(dimension_rows(dimension, attribute)) if dimension.source is None else None,
        valid_from=validity and validity.valid_from,
        valid_until=validity and validity.valid_until,
        attribute=attribute,
        type=dimension.attributes[attribute].type,
    )


def dimension_rows(dimension: Dimension, attribute: str) -> list[dict[str, Scalar]]:
    """The rows that stand in a dimension's file, less the columns that this attribute does not need."""
    validity = dimension.validity
    needed = [dimension.key, attribute, *([validity.valid_from, validity.valid_until] if validity else [])]
    return [{name: row.get(name) for name in needed} for row in dimension.rows]


def _texts(metric: Metric) -> list[tuple[str, str]]:
    """Each expression and filter over the columns of a metric's source, with the field in which it stands."""
    found = [(f"how.{field}", getattr(metric.how, field, None)) for field in ("expression", "filter")]
    found += [(f"countries.{code}.{field}", getattr(variant, field)) for code, variant in metric.countries.items() for field in ("expression", "filter")]
    return [(field, text) for field, text in found if text is not None]


def _taken(prefix: str, groups: Iterable[Iterable[Fact]], typed: set[str], wanted: FieldClass) -> Facts:
    return {f"{prefix}.{fact.path}": fact.value for group in groups for fact in group if fact.field_class is wanted and fact.path not in typed}
