"""A catalog for PyIceberg that writes a commit's metadata but leaves the moving of the pointer to somebody else.

So the pointers of many tables can move in one transaction, and readers see all of a publication or nothing of it. Used by the
adapter of a local lake.
"""

from __future__ import annotations

from dataclasses import replace

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import load_file_io
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Table, Transaction
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata

from infra.tables import shape
from jobs.table import TableSpec

UNBORN = "unborn"
"""The metadata location of a table that no catalog knows yet."""


class StagingCatalog(NoopCatalog):
    """Stages commits; PyIceberg's own code makes and checks everything that is written."""

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        is_new = table.metadata_location == UNBORN
        for requirement in requirements:
            requirement.validate(table.metadata)
        after = update_table_metadata(table.metadata, updates, metadata_location=None if is_new else table.metadata_location)
        version = 0 if is_new else MetastoreCatalog._parse_metadata_version(table.metadata_location) + 1
        location = load_location_provider(after.location, after.properties).new_table_metadata_file_location(version)
        ToOutputFile.table_metadata(after, table.io.new_output(location))
        return CommitTableResponse.model_validate({"metadata": after, "metadata-location": location})


class StagingTransaction(Transaction):
    """A transaction that computes the metadata after its updates once, not at every look: it is looked at a dozen times."""

    _known: tuple[tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        if self._known is None or self._known[0] is not self._updates:
            self._known = (self._updates, super().table_metadata)
        return self._known[1]


def opened(name: str, location: str, metadata: TableMetadata) -> Table:
    """A table as its metadata says; commits to it are staged."""
    return Table(tuple(name.split(".")), metadata, location, load_file_io({}, metadata.location), StagingCatalog("staging"))


def transaction(table: Table) -> Transaction:
    """A transaction over a copy: PyIceberg moves the table it commits, and the state before is needed to move the pointer."""
    return StagingTransaction(opened(".".join(table.name()), table.metadata_location, table.metadata))


def created(spec: TableSpec, location: str, properties: dict[str, str]) -> Transaction:
    """A transaction that creates a table, together with whatever else is put on it."""
    numbered = replace(spec, columns=shape.numbered(spec.columns))
    metadata = new_table_metadata(
        location=location,
        schema=shape.schema_of(numbered.columns),
        partition_spec=shape.partition_of(numbered),
        sort_order=shape.order_of(numbered),
        properties={"format-version": "2"},
    )
    return StagingTransaction(opened(spec.name, UNBORN, metadata)).set_properties({**properties, **spec.properties})
