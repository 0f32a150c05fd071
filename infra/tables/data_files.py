"""An entry of a manifest as the port's `DataFile`. Used by `listing.py`, once for each file of a listing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table
from pyiceberg.types import DateType, NestedField, TimestamptzType

from jobs.table import DataFile

EPOCH = dt.date(1970, 1, 1)
EPOCH_TIME = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Described:
    """Describes the files of one table; what follows from its shape is asked once."""

    def __init__(self, table: Table) -> None:
        self._columns = {field.name: field for field in table.schema().fields}
        kinds = {field.field_id: field.field_type for field in table.schema().fields}
        self._partitions = {  # an earlier layout may name a column that left
            number: tuple((str(field.transform), kinds.get(field.source_id)) for field in spec.fields)
            for number, spec in table.specs().items()
        }

    def __call__(self, file: IcebergFile) -> DataFile:
        cut = self._partitions[file.spec_id]
        partition = tuple(_period(transform, kind, file.partition[place]) for place, (transform, kind) in enumerate(cut))
        lower, upper = file.lower_bounds, file.upper_bounds
        bounds = {} if lower is None or upper is None else Bounds(self._columns, lower, upper)
        sizes = file.column_sizes or {}
        column_bytes = {name: sizes[field.field_id] for name, field in self._columns.items() if field.field_id in sizes}
        return DataFile(path_of(file.file_path), file.record_count, file.file_size_in_bytes, partition, bounds, column_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Bounds(Mapping[str, tuple[object, object]]):
    """Least and greatest value by column, made from their bytes when they are asked for: a file has dozens, a reader wants two."""

    columns: Mapping[str, NestedField]
    lower: Mapping[int, bytes]
    upper: Mapping[int, bytes]

    def __getitem__(self, name: str) -> tuple[object, object]:
        field = self.columns[name]
        if field.field_id not in self.lower or field.field_id not in self.upper:
            raise KeyError(name)
        return _value(field.field_type, self.lower[field.field_id]), _value(field.field_type, self.upper[field.field_id])

    def __iter__(self) -> Iterator[str]:
        return (name for name, field in self.columns.items() if field.field_id in self.lower and field.field_id in self.upper)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def path_of(location: str) -> str:
    """How an engine opens a location: a plain path for local files."""
    return location.removeprefix("file://") if location.startswith("file:///") else location.removeprefix("file:")


def _value(kind: Any, raw: bytes) -> object:
    value: Any = from_bytes(kind, raw)
    if isinstance(kind, DateType):
        return EPOCH + dt.timedelta(days=value)
    if isinstance(kind, TimestamptzType):
        return EPOCH_TIME + dt.timedelta(microseconds=value)
    return value


def _period(transform: str, kind: Any, value: Any) -> object:
    """A partition value as people know it; Iceberg counts days and months from 1970."""
    if value is None or isinstance(value, dt.date):
        return value
    if transform == "month":
        return dt.date(1970 + value // 12, value % 12 + 1, 1)
    if transform == "day" or isinstance(kind, DateType):
        return EPOCH + dt.timedelta(days=value)
    return EPOCH_TIME + dt.timedelta(microseconds=value) if isinstance(kind, TimestamptzType) else value
