"""The relations of a lake as an account has them: each view with its saved copy, its columns as they really are, and what it is like.

Relations whose view and copy look alike in several countries are of one `Kind`, so that what a grant gives of them is worked out
once. Used by `readers.py` and `standing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from governance.lake_formation.compiling.conditions import Ground
from governance.lake_formation.compiling.shape import Copy
from governance.lake_formation.compiling.wanted import saved_schema
from governance.lake_formation.resource import Table
from governance.policy.relation import Relation, RelationColumn
from metrics_catalog.source import Classification, ColumnType

if TYPE_CHECKING:
    from governance.lake_formation.state import AccountState, CataloguedTable
    from governance.policy.grant import Grant

GLUE_TYPES: Mapping[str, ColumnType] = {
    "string": ColumnType.STRING,
    "varchar": ColumnType.STRING,
    "char": ColumnType.STRING,
    "tinyint": ColumnType.INTEGER,
    "smallint": ColumnType.INTEGER,
    "int": ColumnType.INTEGER,
    "bigint": ColumnType.INTEGER,
    "float": ColumnType.DOUBLE,
    "double": ColumnType.DOUBLE,
    "decimal": ColumnType.DECIMAL,
    "boolean": ColumnType.BOOLEAN,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIMESTAMP,
}
"""Glue's names of types, without what stands in brackets, as the types of conditions."""


class Declares(Protocol):
    """What the compiler asks of the catalog; `governance.policy.relation.Relations` answers it."""

    @property
    def schemas(self) -> Mapping[str, str]:
        """Country code by schema."""
        ...

    def views_of(self, schema: str) -> tuple[str, ...]:
        """Names of the views that a country publishes."""
        ...

    def types_of(self, view: str) -> Mapping[str, ColumnType]:
        """The type of each declared column of a view."""
        ...

    def classes_of(self, view: str) -> Mapping[str, Classification]:
        """The class of each declared column of a view."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What relations that look alike have in common: all columns of the view, those whose type is known, and the saved copy."""

    number: int
    view: str
    columns: tuple[str, ...]
    known: tuple[RelationColumn, ...]
    copy: Copy | None

    def relation(self, schema: str, country: str | None) -> Relation:
        """One relation of this kind, as the evaluator knows it."""
        return Relation(schema, self.view, self.known, country)


@dataclass(frozen=True, slots=True)
class Spot:
    """One relation that is published: its country, where it is, and what it is like."""

    number: int
    name: str
    schema: str
    view: str
    country: str
    on_view: Table
    on_copy: Table
    kind: Kind


class Published:
    """Every relation that the catalog declares, and whether the account has it."""

    def __init__(self, relations: Declares, held: AccountState) -> None:
        self._relations, self._held = relations, held
        self._kinds: dict[tuple[object, ...], Kind] = {}
        self._reached: dict[str, tuple[tuple[Spot, ...], tuple[str, ...]]] = {}

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Relations whose view is there, in order of schema and view."""
        return tuple(spot for schema in self._by_schema.values() for spot in schema.values())

    @cached_property
    def _declared(self) -> Mapping[str, tuple[str, ...]]:
        return {schema: self._relations.views_of(schema) for schema in sorted(self._relations.schemas)}

    @cached_property
    def _by_schema(self) -> Mapping[str, Mapping[str, Spot]]:
        found: dict[str, dict[str, Spot]] = {}
        number = 0
        for schema, views in self._declared.items():
            spots = found.setdefault(schema, {})
            for view in sorted(views):
                table = self._held.tables.get((schema, view))
                if table is not None:
                    spots[view] = self._spot(number, schema, table)
                    number += 1
        return found

    def reached(self, name: str, grant: Grant) -> tuple[tuple[Spot, ...], tuple[str, ...]]:
        """The relations that a grant's patterns name: those that are there, and the names of those that are not."""
        if name not in self._reached:
            patterns = [pattern.split(".") for pattern in grant.views]
            spots = {spot.number: spot for schema, view in patterns for spot in self._matching(schema, view)}
            missing = sorted({f"{place}.{name}" for schema, view in patterns for place, name in self._not_there(schema, view)})
            self._reached[name] = (tuple(spot for _, spot in sorted(spots.items())), tuple(missing))
        return self._reached[name]

    def _matching(self, schema: str, view: str) -> list[Spot]:
        schemas = self._by_schema.values() if schema == "*" else [self._by_schema.get(schema, {})]
        if view == "*":
            return [spot for spots in schemas for spot in spots.values()]
        return [spots[view] for spots in schemas if view in spots]

    @cached_property
    def _missing(self) -> Mapping[str, frozenset[str]]:
        """Views that are declared and not there, by schema."""
        found = {schema: frozenset(views) - self._by_schema[schema].keys() for schema, views in self._declared.items()}
        return {schema: views for schema, views in found.items() if views}

    def _not_there(self, schema: str, view: str) -> Iterator[tuple[str, str]]:
        for place in self._missing if schema == "*" else [schema]:
            views = self._missing.get(place, frozenset())
            yield from ((place, each) for each in (views if view == "*" else views & {view}))

    def _spot(self, number: int, schema: str, table: CataloguedTable) -> Spot:
        copy = self._held.tables.get((saved_schema(schema), table.name))
        kind = self._kind(table, copy)
        on_copy = Table(saved_schema(schema), table.name)
        country = self._relations.schemas[schema]
        return Spot(number, f"{schema}.{table.name}", schema, table.name, country, Table(schema, table.name), on_copy, kind)

    def _kind(self, table: CataloguedTable, copy: CataloguedTable | None) -> Kind:
        like = None if copy is None else (copy.columns, copy.types, copy.partitions)
        key = (table.name, table.columns, table.types, like)
        if key not in self._kinds:
            known = tuple(self._columns(table))
            self._kinds[key] = Kind(len(self._kinds), table.name, table.columns, known, None if copy is None else self._copy(copy))
        return self._kinds[key]

    def _columns(self, table: CataloguedTable) -> list[RelationColumn]:
        """Columns whose type is known; one that nobody declared counts as personal."""
        types, classes = self._types(table), self._relations.classes_of(table.name)
        return [RelationColumn(name, types[name], classes.get(name, Classification.PERSONAL)) for name in table.columns if name in types]

    def _types(self, table: CataloguedTable) -> dict[str, ColumnType]:
        """Types as they are declared, else as Glue says."""
        declared = self._relations.types_of(table.name)
        told = zip(table.columns, table.types, strict=False)
        found = {name: GLUE_TYPES.get(kind.partition("(")[0].strip().lower()) for name, kind in told}
        return {name: kind for name in table.columns if (kind := declared.get(name) or found.get(name)) is not None}

    def _copy(self, copy: CataloguedTable) -> Copy:
        glue = dict(zip(copy.columns, copy.types, strict=False))
        return Copy(copy.columns, Ground(self._types(copy), glue, frozenset(copy.partitions)))
