"""The port's `TableSpec` from and to PyIceberg's schemas, partition specs and sort orders.

Field ids count from 1 in the order of the columns, so that an engine can write files before the table exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pyiceberg.partitioning import PartitionField as IcebergPartition
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform, MonthTransform, Transform
from pyiceberg.types import BooleanType, DateType, DecimalType, DoubleType, IcebergType, LongType, NestedField, StringType, TimestamptzType

from infra.errors import InfraError
from jobs.table import PartitionField, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

TYPES: Mapping[ColumnType, IcebergType] = {
    ColumnType.STRING: StringType(),
    ColumnType.INTEGER: LongType(),
    ColumnType.DECIMAL: DecimalType(18, 6),
    ColumnType.DOUBLE: DoubleType(),
    ColumnType.BOOLEAN: BooleanType(),
    ColumnType.TIMESTAMP: TimestamptzType(),
    ColumnType.DATE: DateType(),
}
COLUMN_TYPES: Mapping[str, ColumnType] = {str(kind): name for name, kind in TYPES.items()} | {"int": ColumnType.INTEGER}
TRANSFORMS: Mapping[str, Transform] = {"identity": IdentityTransform(), "day": DayTransform(), "month": MonthTransform()}  # type: ignore[type-arg]  # PyIceberg leaves its parameters open
FIRST_PARTITION_ID = 1000


def numbered(columns: Sequence[TableColumn]) -> tuple[TableColumn, ...]:
    """The columns of a table that does not exist yet, with the field ids it will have."""
    return tuple(replace(column, id=number) for number, column in enumerate(columns, 1))


def shaped(present: TableSpec | None, last_id: int, wanted: TableSpec, *, replacing: bool) -> TableSpec:
    """The shape, with field ids, that a table will have: new columns are added at the end; `replacing` gives exactly the wanted shape."""
    if present is None:
        return replace(wanted, columns=numbered(wanted.columns))
    if replacing:
        return replace(wanted, columns=_renumbered(present.columns, wanted.columns, last_id))
    _refuse_changes(present, wanted)
    held = {column.name for column in present.columns}
    added = [replace(column, required=False) for column in wanted.columns if column.name not in held]
    return replace(present, columns=(*present.columns, *(replace(column, id=last_id + place) for place, column in enumerate(added, 1))))


def _renumbered(present: Sequence[TableColumn], wanted: Sequence[TableColumn], last_id: int) -> tuple[TableColumn, ...]:
    """The wanted columns; one that keeps its name and type keeps its field id."""
    held = {(column.name, column.type): column.id for column in present}
    found = []
    for column in wanted:
        known = held.get((column.name, column.type))
        last_id += known is None
        found.append(replace(column, id=last_id if known is None else known))
    return tuple(found)


def _refuse_changes(present: TableSpec, wanted: TableSpec) -> None:
    types = {column.name: column.type for column in present.columns}
    for column in wanted.columns:
        held = types.get(column.name, column.type)
        if held != column.type:
            raise InfraError(
                f"Column `{column.name}` of table `{present.name}` holds {held}, and {column.type} was asked for.",
                hint="give the column a new name, or keep its type.",
            )
    if tuple(wanted.partition) != tuple(present.partition):
        raise InfraError(
            f"Table `{present.name}` is laid out by {_layout(present)}, and {_layout(wanted)} was asked for.",
            hint="write a new table; the layout of an existing one is kept.",
        )


def _layout(spec: TableSpec) -> str:
    return ", ".join(partition_name(field) for field in spec.partition) or "nothing"


def schema_of(columns: Sequence[TableColumn], number: int = 0) -> Schema:
    return Schema(*(field_of(column) for column in columns), schema_id=number)


def field_of(column: TableColumn) -> NestedField:
    return NestedField(column.id, column.name, TYPES[column.type], required=column.required, doc=column.doc or None)


def partition_of(spec: TableSpec, number: int = 0, first_id: int = FIRST_PARTITION_ID) -> PartitionSpec:
    """Partition fields, named as is customary: `occurred_at_day`, or the column itself."""
    ids = {column.name: column.id for column in spec.columns}
    return PartitionSpec(
        *(
            IcebergPartition(ids[field.column], first_id + place, TRANSFORMS[field.transform], partition_name(field))
            for place, field in enumerate(spec.partition)
        ),
        spec_id=number,
    )


def partition_name(field: PartitionField) -> str:
    return field.column if field.transform == "identity" else f"{field.column}_{field.transform}"


def order_of(spec: TableSpec, number: int = 1) -> SortOrder:
    """The sort order of a shape; an unsorted table's is Iceberg's own order 0."""
    ids = {column.name: column.id for column in spec.columns}
    fields = (SortField(ids[name], IdentityTransform()) for name in spec.sort)
    return SortOrder(*fields, order_id=number) if spec.sort else UNSORTED_SORT_ORDER


def spec_of(table: Table, name: str) -> TableSpec:
    """The port's shape of a table that exists."""
    schema = table.schema()
    partition = []
    for field in table.spec().fields:
        transform = str(field.transform)
        if transform not in TRANSFORMS:
            raise InfraError(
                f"Table `{name}` is partitioned by `{transform}`, which Ringi does not write.",
                hint="it was made by another tool; move it away.",
            )
        partition.append(PartitionField(schema.find_field(field.source_id).name, transform))  # type: ignore[arg-type]  # checked above
    sort = tuple(schema.find_field(field.source_id).name for field in table.sort_order().fields)
    return TableSpec(name, columns_of(schema, name), tuple(partition), sort, dict(table.properties))


def columns_of(schema: Schema, table: str) -> tuple[TableColumn, ...]:
    return tuple(_column(field, table) for field in schema.fields)


def _column(field: NestedField, table: str) -> TableColumn:
    kind = COLUMN_TYPES.get(str(field.field_type))
    if kind is None:
        raise InfraError(
            f"Column `{field.name}` of table `{table}` has the type {field.field_type}, which Ringi does not know.",
            hint="another tool wrote it; move the table away.",
        )
    return TableColumn(field.name, kind, field.required, field.doc or "", field.field_id)
