"""The rows of bronze and quarantine, as SQL over the tables of a workbench.

Used by `embedded.py`, and by the workers of `spark/`, so that a row is the same whoever writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.dialects import quoted
from jobs.engines.duckdb import literal
from jobs.land.lake_tables import PLACE
from jobs.land.withholding import SUPPRESSED
from jobs.land.workbench import PLACE as NUMBER

if TYPE_CHECKING:
    from jobs.land.sorting import Batch


def bronze_rows(batch: Batch, relation: str) -> str:
    """Rows of bronze from a relation of sound records; the object's number stays beside them as `_number`."""
    columns = ", ".join(quoted(column.name) for column in batch.bronze.columns if column not in PLACE)
    return f"SELECT {columns}, {_place(batch, NUMBER, '_record')}, {NUMBER} FROM {relation}"


def quarantine_rows(batch: Batch, relation: str) -> str:
    """Rows of quarantine from a relation of refused records; the object's number stays beside them as `_number`."""
    encoding = f"CASE WHEN reason = {literal(SUPPRESSED)} THEN 'withheld' WHEN bytes IS NOT NULL THEN 'base64' WHEN is_parquet THEN 'json' ELSE 'text' END"
    content = "CASE WHEN bytes IS NOT NULL THEN to_base64(bytes) ELSE line END"
    received = f"{literal(batch.manifest.received_at.isoformat())}::TIMESTAMPTZ"
    told = f"reason, field, detail, {content} AS content, {encoding} AS content_encoding"
    kept = f"{received} AS landed_at, {literal(batch.source.version)} AS contract_version"
    placed = f"SELECT *, {_name(batch, 'object')} AS object_name FROM {relation}"
    return (
        f"SELECT {_place(batch, 'object', 'record')}, {told}, {kept}, object AS {NUMBER} "
        f"FROM (SELECT *, ends_with(object_name, '.parquet') AS is_parquet FROM ({placed}))"
    )


def _place(batch: Batch, number: str, record: str) -> str:
    return f"{literal(batch.manifest.batch)} AS _batch_id, {_name(batch, number)} AS _object, {record} AS _record"


def _name(batch: Batch, number: str) -> str:
    names = ", ".join(literal(landed.object) for landed in batch.manifest.objects)
    return f"[{names}][{number} + 1]"
