"""A catalog for PyIceberg that writes a commit's metadata but leaves the moving of the pointer to somebody else.

So the pointers of many tables can move in one transaction, and readers see all of a publication or nothing of it. Used by
`iceberg.py`.
"""

from __future__ import annotations

import time
import uuid
from functools import lru_cache

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Table, Transaction
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata

from infra.tables import shape
from jobs.table import PartitionField, TableColumn, TableSpec

UNBORN = "unborn"
"""The metadata location of a table that no catalog knows yet."""


class StagingCatalog(NoopCatalog):
    """Stages commits to one table; PyIceberg's own code makes and checks everything that is written."""

    _known: tuple[tuple[TableUpdate, ...], TableMetadata] | None = None

    def after(self, table: Table, updates: tuple[TableUpdate, ...]) -> TableMetadata:
        """The table's metadata after the updates; computed once, since a commit looks at it a dozen times."""
        if self._known is None or self._known[0] is not updates:
            before = None if table.metadata_location == UNBORN else table.metadata_location
            self._known = (updates, update_table_metadata(table.metadata, updates, metadata_location=before))
        return self._known[1]

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        for requirement in requirements:
            requirement.validate(table.metadata)
        after = self.after(table, updates)
        location = written(table, after)
        return CommitTableResponse.model_validate({"metadata": after, "metadata-location": location})


def written(table: Table, after: TableMetadata) -> str:
    """The location of a new metadata file of a table, written and not yet pointed to."""
    version = 0 if table.metadata_location == UNBORN else MetastoreCatalog._parse_metadata_version(table.metadata_location) + 1
    location = load_location_provider(after.location, after.properties).new_table_metadata_file_location(version)
    ToOutputFile.table_metadata(after, table.io.new_output(location))
    return location


class StagingTransaction(Transaction):
    """A transaction on a table whose catalog stages."""

    @property
    def table_metadata(self) -> TableMetadata:
        catalog = self._table.catalog
        if not self._updates or not isinstance(catalog, StagingCatalog):
            return self._table.metadata
        return catalog.after(self._table, self._updates)

    def commit_transaction(self) -> Table:
        if self._table.metadata_location == UNBORN and not self._updates:  # PyIceberg would have nothing to write
            self._table._do_commit(updates=(), requirements=())
            return self._table
        return super().commit_transaction()


def opened(name: str, location: str, metadata: TableMetadata, io: FileIO) -> Table:
    """A table as its metadata says; commits to it are staged."""
    return Table(tuple(name.split(".")), metadata, location, io, StagingCatalog("staging"))


def transaction(table: Table) -> Transaction:
    """A transaction over a copy: PyIceberg moves the table it commits, and the state before is needed to move the pointer."""
    return StagingTransaction(opened(".".join(table.name()), table.metadata_location, table.metadata, table.io))


def created(spec: TableSpec, location: str, properties: dict[str, str], io: FileIO) -> Transaction:
    """A transaction that creates a table, together with whatever else is put on it."""
    metadata = _metadata(spec.columns, spec.partition, spec.sort, tuple(sorted({**properties, **spec.properties}.items())))
    own = {"location": location, "table_uuid": uuid.uuid4(), "last_updated_ms": time.time_ns() // 1_000_000}
    return StagingTransaction(opened(spec.name, UNBORN, metadata.model_copy(update=own), io))


@lru_cache(maxsize=64)
def _metadata(
    columns: tuple[TableColumn, ...], partition: tuple[PartitionField, ...], sort: tuple[str, ...], properties: tuple[tuple[str, str], ...]
) -> TableMetadata:
    """The metadata with which tables of a shape begin: the saved copies of a view differ in their place alone."""
    spec = TableSpec("", shape.numbered(columns), partition, sort)
    return new_table_metadata(
        location="",
        schema=shape.schema_of(spec.columns),
        partition_spec=shape.partition_of(spec),
        sort_order=shape.order_of(spec),
        properties={"format-version": "2", **dict(properties)},
    )
