"""The Glue catalog as the lab's Lake Formation looks at it: moto's tables, in few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.glue.models import GlueBackend

from tests.lab.lake_formation.faults import missing


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table or view: its columns in order with their types, its place in S3 (empty for a view), and a view's definition."""

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]
    location: str
    definition: dict[str, Any] | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)

    @property
    def is_view(self) -> bool:
        return self.definition is not None

    @property
    def bases(self) -> tuple[tuple[str, str], ...]:
        """The tables below a view, from their ARNs `…:table/database/name`."""
        arns = (self.definition or {}).get("SubObjects") or ()
        return tuple((parts[-2].lower(), parts[-1].lower()) for parts in (arn.split("/") for arn in arns))

    @property
    def definer(self) -> str:
        return str((self.definition or {}).get("Definer") or "")


class Catalog:
    """Looks at the tables of one account as they are now."""

    def __init__(self, backend: GlueBackend) -> None:
        self._backend = backend

    def databases(self) -> list[str]:
        return list(self._backend.databases)

    def need_database(self, database: str) -> None:
        if database not in self._backend.databases:
            raise missing(f"Database {database} not found.")

    def tables(self, database: str) -> Iterator[CatalogTable]:
        for held in self._backend.databases[database].tables.values():
            yield _table(held.as_dict())

    def has(self, database: str, name: str) -> bool:
        return database in self._backend.databases and name in self._backend.databases[database].tables

    def table(self, database: str, name: str) -> CatalogTable:
        """One table; refused where it is not there."""
        self.need_database(database)
        if not self.has(database, name):
            raise missing(f"Table {name} not found in database {database}.")
        return _table(self.as_told(database, name))

    def as_told(self, database: str, name: str) -> dict[str, Any]:
        """The `Table` that Glue answers with."""
        return self._backend.databases[database].tables[name].as_dict()


def _table(told: dict[str, Any]) -> CatalogTable:
    stored = told.get("StorageDescriptor") or {}
    columns = [*(stored.get("Columns") or ()), *(told.get("PartitionKeys") or ())]
    definition = told.get("ViewDefinition")
    if definition is None and told.get("TableType") == "VIRTUAL_VIEW":
        definition = {}
    return CatalogTable(
        told["DatabaseName"].lower(),
        told["Name"].lower(),
        tuple((each["Name"].lower(), each.get("Type") or "string") for each in columns),
        str(stored.get("Location") or (told.get("Parameters") or {}).get("metadata_location") or ""),
        definition,
    )
