"""Accounts for tests of access: the tables of a lake as the Glue catalog has them, and what the compiler asks of a catalog, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.lake_formation.compiling.wanted import Target, saved_schema
from governance.lake_formation.compiling.work import JobRole
from governance.lake_formation.state import AccountState, CataloguedTable, Registration
from metrics_catalog.source import Classification, ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCOUNT = "123456789012"
WAREHOUSE = "s3://lake-bucket/warehouse"
PATTERN = f"arn:aws:iam::{ACCOUNT}:role/{{principal}}"
DEFINER, JOB = f"arn:aws:iam::{ACCOUNT}:role/ringi-definer", f"arn:aws:iam::{ACCOUNT}:role/ringi-run"
LAKE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ringi-lake"
TARGET = Target(
    account=ACCOUNT,
    region="eu-west-1",
    pattern=PATTERN,
    definer=DEFINER,
    job_roles=(JobRole(JOB),),
    warehouse=WAREHOUSE,
    registration_role=LAKE_ROLE,
)

HIVE = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18,6)",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp",
}


def identity(principal: str) -> str:
    """The role that `PATTERN` makes of a principal."""
    return PATTERN.replace("{principal}", principal)


@dataclass(frozen=True)
class Declared:
    """What a catalog declares, given as values: countries, and the types of each view's columns in order."""

    countries: tuple[str, ...]
    views: Mapping[str, Mapping[str, ColumnType]]
    classes: Mapping[str, Classification] = field(default_factory=dict)
    """By column; internal where a column is not here."""

    @property
    def schemas(self) -> Mapping[str, str]:
        return {f"views_{code.lower()}": code for code in self.countries}

    def views_of(self, schema: str) -> tuple[str, ...]:
        return tuple(self.views) if schema in self.schemas else ()

    def types_of(self, view: str) -> Mapping[str, ColumnType]:
        return self.views.get(view, {})

    def classes_of(self, view: str) -> Mapping[str, Classification]:
        return {name: self.classes.get(name, Classification.INTERNAL) for name in self.types_of(view)}


def account(declared: Declared, *, registered: bool = True, features: Iterable[str] = ()) -> AccountState:
    """An account in which everything that is declared is published, and nothing is granted to anybody."""
    tables: dict[tuple[str, str], CataloguedTable] = {}
    databases: dict[str, str | None] = dict.fromkeys(("bronze", "gold", "ledger", "quarantine"))
    for schema in declared.schemas:
        databases |= {schema: None, saved_schema(schema): None}
        for view, columns in declared.views.items():
            for table in _pair(schema, view, columns):
                tables[table.database, table.name] = table
    places = frozenset({Registration(WAREHOUSE.replace("s3://", "arn:aws:s3:::"), LAKE_ROLE)} if registered else ())
    return AccountState(registrations=places, databases=databases, tables=tables, features=frozenset(features))


def _pair(schema: str, view: str, columns: Mapping[str, ColumnType]) -> tuple[CataloguedTable, CataloguedTable]:
    names, types, saved = tuple(columns), tuple(HIVE[kind] for kind in columns.values()), saved_schema(schema)
    place = f"{WAREHOUSE}/{saved}.db/{view}"
    return (
        CataloguedTable(schema, view, names, types, is_view=True, definer=DEFINER, base_tables=((saved, view),), created_by=DEFINER),
        CataloguedTable(saved, view, names, types, location=place, created_by=JOB),
    )
