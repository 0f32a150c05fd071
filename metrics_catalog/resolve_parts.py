"""The parts of sources and dimensions that meanings take: typed values for the compiler, and all other facts by class.

Used by `resolve`. Only the columns and attributes that a metric uses take part. What many metrics share is gathered once
and shared, so that a catalog of thousands of metrics stays small in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog import canonical_json
from metrics_catalog.field_facts import Fact, facts_of
from metrics_catalog.logic import DimensionLogic, SourceLogic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.dimension import Dimension, Scalar
    from metrics_catalog.model import FieldClass

Facts = dict[str, Any]

_OF_SOURCE = frozenset({"source", "delivery", "key", "event_time", "received_time", "country"})
_OF_DIMENSION = frozenset({"dimension", "key", "source", "rows", "attributes", "validity.valid_from", "validity.valid_until"})


class Parts:
    """Parts of the sources and dimensions of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._sources: dict[tuple[str, frozenset[str]], SourceLogic] = {}
        self._dimensions: dict[tuple[str, str], DimensionLogic] = {}
        self._members: dict[tuple[str, str], dict[str, list[Fact]]] = {}
        self._taken: dict[tuple[str, frozenset[str], FieldClass], Facts] = {}

    def source(self, name: str, used: frozenset[str]) -> SourceLogic:
        """The typed part of a source, with the used columns."""
        if (name, used) not in self._sources:
            source = self._catalog.sources[name]
            self._sources[name, used] = SourceLogic(
                source=name,
                delivery=source.delivery,
                key=source.key,
                event_time=source.event_time,
                received_time=source.received_time,
                country=source.country,
                columns={column: source.columns[column].type for column in sorted(used)},
            )
        return self._sources[name, used]

    def dimension(self, name: str, attribute: str) -> DimensionLogic:
        """The typed part of a dimension: how one of its attributes is found."""
        if (name, attribute) not in self._dimensions:
            self._dimensions[name, attribute] = _dimension_logic(self._catalog.dimensions[name], attribute)
        return self._dimensions[name, attribute]

    def source_facts(self, logic: SourceLogic, wanted: FieldClass) -> Facts:
        """Facts of a source and of its used columns that `SourceLogic` does not hold."""
        typed = _OF_SOURCE | {f"columns.{column}.type" for column in logic.columns}
        return self._facts("source", logic.source, frozenset(f"columns.{column}" for column in logic.columns), typed, wanted)

    def dimension_facts(self, logic: DimensionLogic, wanted: FieldClass) -> Facts:
        """Facts of a dimension and of one attribute that `DimensionLogic` does not hold, and those of the source of its rows."""
        attribute = f"attributes.{logic.attribute}"
        facts = self._facts("dimension", logic.dimension, frozenset({attribute}), _OF_DIMENSION | {attribute, f"{attribute}.type"}, wanted)
        if logic.source is None or logic.source not in self._catalog.sources:
            return facts
        used = (logic.key, logic.attribute, logic.valid_from, logic.valid_until)
        return facts | self._facts("source", logic.source, frozenset(f"columns.{column}" for column in used if column), frozenset(), wanted)

    def _facts(self, kind: str, name: str, members: frozenset[str], typed: frozenset[str], wanted: FieldClass) -> Facts:
        prefix = f"{kind}.{name}" if kind == "source" else f"dimensions.{name}"
        key = (prefix + ("" if typed else ".rows"), members, wanted)
        if key not in self._taken:
            groups = self._by_member(kind, name)
            facts = [*groups[""], *(fact for member in sorted(members) for fact in groups.get(member, []))]
            self._taken[key] = {
                f"{prefix}.{fact.path}": fact.value for fact in facts if fact.field_class is wanted and fact.path not in typed
            }
        return self._taken[key]

    def _by_member(self, kind: str, name: str) -> dict[str, list[Fact]]:
        """Facts of a source or dimension: its own under ``, those of each column or attribute under `columns.NAME`."""
        if (kind, name) not in self._members:
            groups: dict[str, list[Fact]] = {"": []}
            for fact in facts_of(self._catalog.sources[name] if kind == "source" else self._catalog.dimensions[name]):
                is_member = fact.path.startswith(("columns.", "attributes."))
                groups.setdefault(".".join(fact.path.split(".")[:2]) if is_member else "", []).append(fact)
            self._members[kind, name] = groups
        return self._members[kind, name]


def _dimension_logic(dimension: Dimension, attribute: str) -> DimensionLogic:
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
    needed: Iterable[str] = [dimension.key, attribute, *([validity.valid_from, validity.valid_until] if validity else [])]
    return [{name: row.get(name) for name in needed} for row in dimension.rows]
