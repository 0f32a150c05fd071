"""One `Commit` of the port, staged on a PyIceberg transaction. Nothing is visible until the transaction commits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyiceberg.io import FileIO
from pyiceberg.io.fileformat import DataFileStatistics
from pyiceberg.io.pyarrow import (
    StatisticsCollector,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSortOrderUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSortOrderUpdate,
    SetDefaultSpecUpdate,
    TableUpdate,
)
from pyiceberg.table.update.snapshot import ManageSnapshots, _SnapshotProducer
from pyiceberg.typedef import Record
from pyiceberg.types import NestedField

from infra.errors import InfraError
from infra.tables import data_files, listing, rewriting, shape
from jobs.table import MAIN, Commit, TableSpec


def stage(transaction: Transaction, table: Table | None, change: Commit) -> None:
    """Put the change on the transaction; `table` is its present state, None where the transaction creates it."""
    if table is not None and change.spec is not None:
        reshape(transaction, table, change.spec, replacing=change.replace_all)
    base = table.metadata if table is not None else None
    if base is not None and change.branch != MAIN and change.branch not in base.refs and base.current_snapshot_id is not None:
        ManageSnapshots(transaction).create_branch(base.current_snapshot_id, change.branch).commit()
    leaving = _leaving(table, change)
    with _producer(transaction, table, change, leaving) as update:
        for file in leaving:
            update.delete_data_file(file)
        for path in change.added:
            update.append_data_file(incoming(path, transaction.table_metadata, transaction._table.io))


def _producer(transaction: Transaction, table: Table | None, change: Commit, leaving: list[DataFile]) -> _SnapshotProducer[Any]:
    """What makes the snapshot; it decides under which operation others see the change."""
    if change.rewrites and table is not None:
        return rewriting.rewrite(transaction, table, change, leaving)
    snapshot = transaction.update_snapshot(dict(change.summary), branch=change.branch)
    return snapshot.overwrite() if leaving or change.replace_all else snapshot.fast_append()


def reshape(transaction: Transaction, table: Table, spec: TableSpec, *, replacing: bool) -> None:
    """Give the table the shape it will have after a commit with this `spec`; see `shape.shaped`."""
    name, metadata = spec.name, table.metadata
    present = shape.spec_of(table, name)
    wanted = shape.shaped(present, metadata.last_column_id, spec, replacing=replacing)
    updates: list[TableUpdate] = []
    if wanted.columns != present.columns:
        number = 1 + max(schema.schema_id for schema in metadata.schemas)
        updates += [AddSchemaUpdate(schema_=shape.schema_of(wanted.columns, number)), SetCurrentSchemaUpdate(schema_id=-1)]
    if wanted.partition != present.partition:
        number = 1 + max(known.spec_id for known in metadata.partition_specs)
        first = 1 + (metadata.last_partition_id or shape.FIRST_PARTITION_ID - 1)
        updates += [AddPartitionSpecUpdate(spec=shape.partition_of(wanted, number, first)), SetDefaultSpecUpdate(spec_id=-1)]
    if replacing and shape.order_of(wanted).fields != table.sort_order().fields:
        order = shape.order_of(wanted, 1 + max(known.order_id for known in metadata.sort_orders))
        held = next((known.order_id for known in metadata.sort_orders if known.fields == order.fields), None)
        updates += [AddSortOrderUpdate(sort_order=order)] if held is None else []
        updates.append(SetDefaultSortOrderUpdate(sort_order_id=order.order_id if held is None else held))
    if updates:
        transaction._stage(tuple(updates))


def head(metadata: TableMetadata | None, branch: str) -> int | None:
    """The snapshot a commit to this branch starts from: its head, or main's for a new branch."""
    if metadata is None:
        return None
    reference = metadata.refs.get(branch) or metadata.refs.get(MAIN)
    return None if reference is None else reference.snapshot_id


def _leaving(table: Table | None, change: Commit) -> list[DataFile]:
    start = head(table.metadata if table else None, change.branch)
    snapshot = table.snapshot_by_id(start) if table is not None and start is not None else None
    if table is None or snapshot is None or not (change.replace_all or change.removed):
        return []
    wanted = set(change.removed)
    live = [entry.data_file for entry in listing.entries(table, snapshot)]
    chosen = [file for file in live if change.replace_all or data_files.path_of(file.file_path) in wanted]
    if not change.replace_all and len(chosen) < len(wanted):
        raise InfraError(
            f"Table `{change.table}` no longer holds a file that was to be replaced.", hint="run again: the work starts from what is there."
        )
    return chosen


def incoming(path: str, metadata: TableMetadata, io: FileIO) -> DataFile:
    """An engine's new Parquet file, described from its footer: rows, sizes, bounds, and the one partition it belongs to."""
    from pyarrow import parquet

    schema = metadata.schema()
    location = located(path)
    source = io.new_input(location)
    with source.open() as stream:
        footer = parquet.read_metadata(stream)
    missing = set(footer.schema.names) - {field.name for field in schema.fields}
    if missing:
        raise InfraError(
            f"The data file `{path}` has a column `{min(missing)}` that its table lacks.",
            hint="this is a fault of Ringi: please report it; the lake is unchanged.",
        )
    statistics = data_file_statistics_from_parquet_metadata(footer, *_statistics_plan(schema.fields))
    required = {field.field_id: field.name for field in schema.fields if field.required}
    _refuse_nulls(path, required, statistics.null_value_counts.items())
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=_partition(path, statistics, metadata),
        file_size_in_bytes=len(source),
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    file.spec_id = metadata.default_spec_id
    return file


@lru_cache(maxsize=64)
def _statistics_plan(fields: tuple[NestedField, ...]) -> tuple[dict[int, StatisticsCollector], dict[str, int]]:
    """Which statistics PyIceberg gathers, by field id, and the field id of each column's path in a file."""
    schema = Schema(*fields)
    return compute_statistics_plan(schema, {}), parquet_path_to_id_mapping(schema)


def _partition(path: str, statistics: DataFileStatistics, metadata: TableMetadata) -> Record:
    """The one partition that all rows of a file belong to."""
    schema, spec = metadata.schema(), metadata.spec()
    for field in spec.fields:
        nulls = statistics.null_value_counts.get(field.source_id, 0)
        if 0 < nulls < statistics.record_count:
            raise _spans(path, metadata)
    try:
        return statistics.partition(spec, schema)
    except ValueError as error:
        raise _spans(path, metadata) from error


def _spans(path: str, metadata: TableMetadata) -> InfraError:
    columns = " and ".join(f"`{metadata.schema().find_field(field.source_id).name}`" for field in metadata.spec().fields)
    return InfraError(
        f"The data file `{path}` does not hold one single value of {columns}.",
        hint="this is a fault of Ringi: please report it; the lake is unchanged.",
    )


def _refuse_nulls(path: str, required: dict[int, str], nulls: Iterable[tuple[int, int]]) -> None:
    for number, count in nulls:
        if count and number in required:
            raise InfraError(
                f"The data file `{path}` has {count} rows without the required `{required[number]}`.",
                hint="this is a fault of Ringi: please report it; the lake is unchanged.",
            )


def located(path: str) -> str:
    """The location that goes into a manifest: local paths become `file://` locations."""
    return path if "://" in path else f"file://{Path(path).absolute()}"
