"""Iceberg's schemas, partition specs and sort orders as JSON, from and to the `TableSpec` of the port.

Pure; used by the metadata, by the manifests and by the views.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from infra.errors import InfraError
from jobs.table import PartitionField, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]

TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "long",
    ColumnType.DECIMAL: "decimal(18, 6)",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamptz",
    ColumnType.DATE: "date",
}
COLUMN_TYPES: Mapping[str, ColumnType] = {text.replace(" ", ""): kind for kind, text in TYPES.items()} | {"int": ColumnType.INTEGER}
FIRST_PARTITION_ID = 1000


def schema_json(columns: Sequence[TableColumn], schema_id: int = 0) -> Json:
    """An Iceberg schema; columns must have field ids."""
    return {"type": "struct", "schema-id": schema_id, "identifier-field-ids": [], "fields": [_field_json(column) for column in columns]}


def columns_of(schema: Json, table: str) -> tuple[TableColumn, ...]:
    """Columns of an Iceberg schema; a type that Ringi does not write is an error that names the column."""
    return tuple(_column(field, table) for field in schema["fields"])


def numbered(columns: Sequence[TableColumn], first: int = 1) -> tuple[TableColumn, ...]:
    """The columns with field ids counted from `first`."""
    return tuple(replace(column, id=number) for number, column in enumerate(columns, first))


def partition_json(partition: Sequence[PartitionField], columns: Sequence[TableColumn], first_id: int = FIRST_PARTITION_ID) -> list[Json]:
    """Fields of an Iceberg partition spec, numbered from `first_id`."""
    ids = {column.name: column.id for column in columns}
    return [
        {
            "source-id": ids[field.column],
            "field-id": first_id + number,
            "name": partition_name(field),
            "transform": field.transform,
        }
        for number, field in enumerate(partition)
    ]


def partition_name(field: PartitionField) -> str:
    """Iceberg's customary name of a partition field: `occurred_at_day`, or the column itself."""
    return field.column if field.transform == "identity" else f"{field.column}_{field.transform}"


def partition_of(fields: Sequence[Json], columns: Sequence[TableColumn], table: str) -> tuple[PartitionField, ...]:
    """Partition fields of a spec; transforms that Ringi does not write are an error."""
    names = {column.id: column.name for column in columns}
    found = [field for field in fields if field["transform"] != "void"]
    strange = [field["transform"] for field in found if field["transform"] not in ("identity", "day", "month")]
    if strange:
        raise InfraError(
            f"Table `{table}` is partitioned by `{strange[0]}`, which Ringi does not write.",
            hint="rewrite the table partitioned by a column, its day or its month.",
        )
    return tuple(
        PartitionField(names[field["source-id"]], cast("Literal['identity', 'day', 'month']", field["transform"])) for field in found
    )


def sort_json(sort: Sequence[str], columns: Sequence[TableColumn]) -> Json:
    """A sort order, ascending with NULL first; order 0 is `unsorted`."""
    ids = {column.name: column.id for column in columns}
    fields = [{"transform": "identity", "source-id": ids[name], "direction": "asc", "null-order": "nulls-first"} for name in sort]
    return {"order-id": 1 if fields else 0, "fields": fields}


def evolved(present: TableSpec, wanted: TableSpec, last_id: int) -> tuple[TableColumn, ...]:
    """The present columns followed by those that are new; a changed type or layout is an error, a missing column stays."""
    by_name = {column.name: column for column in present.columns}
    for column in wanted.columns:
        held = by_name.get(column.name)
        if held is not None and held.type != column.type:
            raise InfraError(
                f"Column `{column.name}` of table `{present.name}` holds {held.type}, and {column.type} was asked for.",
                hint="give the column a new name, or keep its type.",
            )
    if tuple(wanted.partition) != tuple(present.partition):
        raise InfraError(
            f"Table `{present.name}` is laid out by {_layout(present)}, and {_layout(wanted)} was asked for.",
            hint="write a new table; the layout of an existing one is kept.",
        )
    added = [replace(column, required=False) for column in wanted.columns if column.name not in by_name]
    return (*present.columns, *numbered(added, last_id + 1))


def reshaped(present: Sequence[TableColumn], wanted: Sequence[TableColumn], last_id: int) -> tuple[TableColumn, ...]:
    """Exactly the wanted columns; one that keeps its name and type keeps its field id."""
    held = {(column.name, column.type): column.id for column in present}
    found, number = [], last_id
    for column in wanted:
        known = held.get((column.name, column.type))
        number += known is None
        found.append(replace(column, id=number if known is None else known))
    return tuple(found)


def _layout(spec: TableSpec) -> str:
    return ", ".join(partition_name(field) for field in spec.partition) or "nothing"


def _field_json(column: TableColumn) -> Json:
    field: Json = {"id": column.id, "name": column.name, "required": column.required, "type": TYPES[column.type]}
    return {**field, "doc": column.doc} if column.doc else field


def _column(field: Json, table: str) -> TableColumn:
    text = field["type"].replace(" ", "") if isinstance(field["type"], str) else field["type"]["type"]
    if text not in COLUMN_TYPES:
        raise InfraError(
            f"Column `{field['name']}` of table `{table}` has the type `{text}`, which Ringi does not know.",
            hint=f"known types: {', '.join(sorted(COLUMN_TYPES))}.",
        )
    return TableColumn(field["name"], COLUMN_TYPES[text], field["required"], field.get("doc", ""), field["id"])
