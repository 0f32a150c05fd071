"""A relation: one published view of one country as readers know it, with the type and the class of each column.

Made from the catalog (what is declared) or from the columns that are really published; used by the policy's findings and by
the evaluator. Schemas are looked up among the countries of the catalog, their names are never taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from governance.policy.view_columns import classification_of, columns_of, type_of_column
from metrics_catalog.source import Classification, ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.view import View


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """One column as a reader sees it. A column whose class nobody knows counts as personal."""

    name: str
    type: ColumnType
    classification: Classification = Classification.PERSONAL


@dataclass(frozen=True)
class Relation:
    """A published view of one country: `views_jp.title_daily`."""

    schema: str
    view: str
    columns: tuple[RelationColumn, ...]
    country: str | None = None
    """Code of the country that publishes it; None where nobody knows, and then it lies outside of every fence."""

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.view}"

    @cached_property
    def types(self) -> dict[str, ColumnType]:
        return {column.name: column.type for column in self.columns}

    @cached_property
    def classes(self) -> dict[str, Classification]:
        return {column.name: column.classification for column in self.columns}


def view_schema(country: str) -> str:
    """The schema that holds a country's definer views."""
    return f"views_{country.lower()}"


class Relations:
    """Every relation that the catalog declares; the columns of a view are worked out once, and only when asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._classes: dict[str, dict[str, Classification]] = {}
        self._types: dict[str, dict[str, ColumnType]] = {}

    @cached_property
    def schemas(self) -> Mapping[str, str]:
        """Country code by schema."""
        return {view_schema(code): code for code in self._catalog.countries}

    @property
    def views(self) -> Mapping[str, View]:
        return self._catalog.views

    def is_broken(self, view: str) -> bool:
        """Whether a view of that name is there, but cannot be read."""
        return self._catalog.is_broken("view", view)

    def has(self, schema: str, view: str) -> bool:
        """Whether the country of that schema publishes that view."""
        country, declared = self.schemas.get(schema), self.views.get(view)
        return country is not None and declared is not None and (declared.countries == "all" or country in declared.countries)

    def is_of_lake(self, schema: str, table: str) -> bool:
        """Whether a name is of this lake: a published view, or a table behind the views. Any other name was only typed by somebody."""
        if schema in ("bronze", "quarantine"):
            return table in self._catalog.sources
        if schema == "gold":
            return table in self.views
        return self.has(schema, table) or (schema.startswith("saved_") and self.has(schema.replace("saved_", "views_", 1), table))

    def views_of(self, schema: str) -> tuple[str, ...]:
        """Names of the views that a country publishes; nothing for a schema that is no country's."""
        return tuple(name for name in self.views if self.has(schema, name))

    def get(self, schema: str, view: str) -> Relation | None:
        """One relation as it is declared, or None where no country publishes it."""
        return self.published(schema, view, self.types_of(view)) if self.has(schema, view) else None

    def published(self, schema: str, view: str, types: Mapping[str, ColumnType]) -> Relation:
        """One relation with the columns that are really published; classes come from the catalog."""
        columns = (RelationColumn(name, types[name], classification_of(self._catalog, view, name)) for name in types)
        return Relation(schema, view, tuple(columns), self.schemas.get(schema))

    def classes_of(self, view: str) -> Mapping[str, Classification]:
        """The declared columns of a view, in order, each with its class; the same in every country."""
        if view not in self._classes:
            self._classes[view] = {name: classification_of(self._catalog, view, name) for name in columns_of(self._catalog, view)}
        return self._classes[view]

    def types_of(self, view: str) -> Mapping[str, ColumnType]:
        """The type of each declared column of a view; those whose type cannot be told are left out."""
        if view not in self._types:
            typed = ((name, type_of_column(self._catalog, view, name)) for name in self.classes_of(view))
            self._types[view] = {name: known for name, known in typed if known is not None}
        return self._types[view]
