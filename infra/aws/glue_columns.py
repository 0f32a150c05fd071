"""What the Glue catalog shows of an Iceberg table beside the pointer: columns with Hive's type names, as Athena and others read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyiceberg.table.metadata import TableMetadata

    from jobs.table import TableColumn
    from metrics_catalog.source import ColumnType

LONGEST_COMMENT = 255
"""Characters that Glue takes of a comment."""

HIVE: Mapping[str, str] = {
    "string": "string",
    "long": "bigint",
    "int": "int",
    "double": "double",
    "boolean": "boolean",
    "timestamptz": "timestamp",
    "timestamp": "timestamp",
    "date": "date",
}
"""Hive's names of Iceberg's types; a decimal is written alike in both."""


def table_columns(metadata: TableMetadata) -> list[dict[str, Any]]:
    """Columns of the table's present schema, with Iceberg's field ids."""
    return [
        {
            **_column(field.name, hive_type(str(field.field_type)), field.doc or ""),
            "Parameters": {
                "iceberg.field.id": str(field.field_id),
                "iceberg.field.optional": str(field.optional).lower(),
                "iceberg.field.current": "true",
            },
        }
        for field in metadata.schema().fields
    ]


def view_columns(columns: Iterable[TableColumn]) -> list[dict[str, Any]]:
    """Columns that a view promises."""
    return [_column(column.name, type_of(column.type), column.doc) for column in columns]


def type_of(kind: ColumnType) -> str:
    """Hive's name of a column type of ours."""
    from infra.tables.shape import TYPES

    return hive_type(str(TYPES[kind]))


def hive_type(iceberg: str) -> str:
    return HIVE.get(iceberg, iceberg.replace(" ", ""))


def _column(name: str, kind: str, comment: str) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **({"Comment": comment[:LONGEST_COMMENT]} if comment else {})}
