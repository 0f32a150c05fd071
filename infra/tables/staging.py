"""A catalog for PyIceberg that writes a commit's metadata but leaves the moving of the pointer to somebody else.

So the pointers of many tables can move in one transaction, and readers see all of a publication or nothing of it. Used by the
adapter of a local lake.
"""

from __future__ import annotations

from typing import Any

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import load_file_io
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, CreateTableTransaction, StagedTable, Table, Transaction
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata

from infra.tables import shape
from jobs.table import TableSpec


class StagingCatalog(NoopCatalog):
    """Stages commits; PyIceberg's own code makes and checks everything that is written."""

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        base = None if isinstance(table, StagedTable) else table
        for requirement in requirements:
            requirement.validate(base.metadata if base else None)
        after = update_table_metadata(
            base_metadata=base.metadata if base else MetastoreCatalog._empty_table_metadata(),
            updates=updates,
            enforce_validation=base is None,
            metadata_location=base.metadata_location if base else None,
        )
        version = 0 if base is None else MetastoreCatalog._parse_metadata_version(base.metadata_location) + 1
        location = load_location_provider(after.location, after.properties).new_table_metadata_file_location(version)
        ToOutputFile.table_metadata(after, table.io.new_output(location))
        return CommitTableResponse.model_validate({"metadata": after, "metadata-location": location})


def opened(name: str, location: str, metadata: Any) -> Table:
    """A table as its metadata says; commits to it are staged."""
    return Table(tuple(name.split(".")), metadata, location, load_file_io({}, location), StagingCatalog("staging"))


def transaction(table: Table) -> Transaction:
    """A transaction over a copy: PyIceberg moves the table it commits, and the state before is needed to move the pointer."""
    return opened(".".join(table.name()), table.metadata_location, table.metadata).transaction()


def created(spec: TableSpec, location: str, properties: dict[str, str]) -> CreateTableTransaction:
    """A transaction that creates a table, together with whatever else is put on it."""
    columns = shape.numbered(spec.columns)
    numbered = TableSpec(spec.name, columns, spec.partition, spec.sort)
    metadata = new_table_metadata(
        location=location,
        schema=shape.schema_of(columns),
        partition_spec=shape.partition_of(numbered),
        sort_order=shape.order_of(numbered),
        properties={**properties, **spec.properties},
    )
    io = load_file_io({}, location)
    place = load_location_provider(location, {}).new_table_metadata_file_location(0)
    return CreateTableTransaction(StagedTable(tuple(spec.name.split(".")), metadata, place, io, StagingCatalog("staging")))
