"""The two tables that landing writes for each source: `bronze.<source>` and `quarantine.<source>`.

Used by `batch.py`. Bronze has the contract's columns and each record's place; quarantine has every refused record verbatim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.table import PartitionField, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from metrics_catalog.source import Source

BATCH = "ringi.batch"
"""In the summary of a snapshot: the batch that made it."""

REPORTS = "ringi.landing"
"""In the summary of a snapshot of bronze: the reports of the batch's files as JSON."""

PLACE = (
    TableColumn("_batch_id", ColumnType.STRING, doc="Batch in the landing zone."),
    TableColumn("_object", ColumnType.STRING, doc="Object of the batch."),
    TableColumn("_record", ColumnType.INTEGER, doc="Line, data record or row in the object, from 1."),
)


def bronze_spec(source: Source) -> TableSpec:
    """Every accepted record once; events by the UTC day on which they occurred, so that a batch touches few days."""
    columns = tuple(
        TableColumn(name, column.type, required=False, doc=column.description.en if column.description else "")
        for name, column in source.columns.items()
    )
    by_day = source.delivery == "events" and source.event_time is not None
    partition = (PartitionField(source.event_time, "day"),) if by_day and source.event_time else ()
    return TableSpec(f"bronze.{source.source}", (*columns, *PLACE), partition)


def quarantine_spec(source: Source) -> TableSpec:
    """Every refused record as it came."""
    told = (
        TableColumn("reason", ColumnType.STRING, doc="Why it was refused; see `ringi explain RNG-JOB-020`."),
        TableColumn("field", ColumnType.STRING, doc="The field that was at fault, where one was."),
        TableColumn("detail", ColumnType.STRING, doc="What was found, at most 120 characters."),
        TableColumn("content", ColumnType.STRING, doc="The record as it was received."),
        TableColumn(
            "content_encoding",
            ColumnType.STRING,
            doc="`text`, `base64` for bytes that are not UTF-8, `json` for a row of Parquet, `withheld` where nothing is kept.",
        ),
        TableColumn("landed_at", ColumnType.TIMESTAMP, doc="When its batch was received."),
        TableColumn("contract_version", ColumnType.STRING, doc="Version of the source contract that refused it."),
    )
    return TableSpec(f"quarantine.{source.source}", (*PLACE, *told))
