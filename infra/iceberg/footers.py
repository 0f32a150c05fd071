"""What a Parquet file's footer says about it, as the `data_file` of a manifest entry: rows, sizes, NULLs, bounds, partition.

Made when an engine's freshly written files are committed; reads footers only, never a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.errors import InfraError
from infra.iceberg import values

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

    from infra.iceberg.manifests import Json, Layout
    from jobs.table import PartitionField, TableColumn

MISSING = object()
"""Stands for a bound that the footer does not give."""


def data_file_json(path: str, location: str, size: int, layout: Layout) -> Json:
    """The `data_file` of one Parquet file; `path` is opened, `location` is what the manifest will say."""
    import pyarrow.parquet as pq

    footer: FileMetaData = pq.read_metadata(path)
    ids = _field_ids(footer, layout, path)
    stats = {column.name: _Stats(column) for column in layout.columns}
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        for name, position in ids.items():
            stats[name].add(row_group.column(position))
    present = [stats[name] for name in ids]
    _check_required(present, path)
    bounds = {stat.column.id: stat.bounds() for stat in present if stat.known}
    return {
        "content": 0,
        "file_path": location,
        "file_format": "PARQUET",
        "partition": _partition(layout, stats, footer.num_rows, path),
        "record_count": footer.num_rows,
        "file_size_in_bytes": size,
        "column_sizes": {stat.column.id: stat.size for stat in present},
        "value_counts": {stat.column.id: footer.num_rows for stat in present},
        "null_value_counts": {stat.column.id: stat.nulls for stat in present if stat.nulls is not None},
        "nan_value_counts": None,
        "lower_bounds": {number: low for number, (low, _) in bounds.items() if low is not None},
        "upper_bounds": {number: high for number, (_, high) in bounds.items() if high is not None},
        "key_metadata": None,
        "split_offsets": None,
        "equality_ids": None,
        "sort_order_id": None,
    }


class _Stats:
    """What the row groups of one file say about one column, added up."""

    def __init__(self, column: TableColumn) -> None:
        self.column = column
        self.size = 0
        self.nulls: int | None = 0
        self.least: Any = MISSING
        self.greatest: Any = MISSING
        self.complete = True

    def add(self, chunk: Any) -> None:
        self.size += chunk.total_compressed_size
        held = chunk.statistics
        if held is None or not held.has_null_count:
            self.nulls, self.complete = None, False
            return
        if self.nulls is not None:
            self.nulls += held.null_count
        if held.null_count == chunk.num_values or self.column.type not in values.BOUNDED:
            return
        if not held.has_min_max:
            self.complete = False
            return
        low, high = held.min, held.max
        self.least = low if self.least is MISSING else min(self.least, low)
        self.greatest = high if self.greatest is MISSING else max(self.greatest, high)

    @property
    def known(self) -> bool:
        return self.complete and self.least is not MISSING

    def bounds(self) -> tuple[bytes | None, bytes | None]:
        return values.bounds(self.column.type, self.least, self.greatest)


def _field_ids(footer: FileMetaData, layout: Layout, path: str) -> dict[str, int]:
    """Position in the file of each column of the table, found by field id."""
    by_id: dict[int, int] = {}
    for position, field in enumerate(footer.schema.to_arrow_schema()):
        number = (field.metadata or {}).get(b"PARQUET:field_id")
        if number is not None:
            by_id[int(number)] = position
    found = {column.name: by_id[column.id] for column in layout.columns if column.id in by_id}
    missing = [column.name for column in layout.columns if column.required and column.name not in found]
    if missing or len(found) != footer.num_columns:
        what = f"lacks the required column `{missing[0]}`" if missing else "has columns that the table does not have"
        raise InfraError(f"The data file `{path}` {what}.", hint="this is a fault of Ringi: please report it; the lake is unchanged.")
    return found


def _check_required(present: list[_Stats], path: str) -> None:
    for stat in present:
        if stat.column.required and stat.nulls:
            raise InfraError(
                f"The data file `{path}` has {stat.nulls} rows without the required `{stat.column.name}`.",
                hint="this is a fault of Ringi: please report it; the lake is unchanged.",
            )


def _partition(layout: Layout, stats: dict[str, _Stats], rows: int, path: str) -> Json:
    """The file's partition values by name; a file that spans two partitions is a fault."""
    names = [stored["name"] for stored in layout.spec_fields]
    return {
        name: _partition_value(field, layout, stats[field.column], rows, path) for name, field in zip(names, layout.partition, strict=True)
    }


def _partition_value(field: PartitionField, layout: Layout, stat: _Stats, rows: int, path: str) -> Any:
    if stat.nulls == rows:
        return None
    low, high = (values.period(field.transform, value) for value in (stat.least, stat.greatest))
    if not stat.known or stat.nulls or low != high:
        raise InfraError(
            f"The data file `{path}` does not hold one single value of `{field.column}` ({field.transform}).",
            hint="this is a fault of Ringi: please report it; the lake is unchanged.",
        )
    return values.period_to_plain(field.transform, layout.kind(field), low)
