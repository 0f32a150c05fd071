"""Which types of a Parquet column can be read as a contract's type; everything else is a retyped field.

Used by `contract.py` and `parquet.py`. Widening is fine, losing digits is not: whether each value fits is asked record by record.
"""

from __future__ import annotations

from metrics_catalog.source import ColumnType

AS_TYPED, WHOLE, EXACT, AS_TEXT = "typed", "whole", "exact", "text"
"""Read as it is; as a number that must be whole; as a number whose digits must all fit; as text, by the rules for texts."""

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
FLOATS = {"FLOAT", "DOUBLE"}
MOMENTS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"}
"""A time stamp without a zone is UTC, as in texts."""

SAME = {ColumnType.BOOLEAN: {"BOOLEAN"}, ColumnType.DATE: {"DATE"}, ColumnType.TIMESTAMP: MOMENTS}
TEXTUAL = (ColumnType.STRING, ColumnType.DATE, ColumnType.TIMESTAMP)


def fitting(of: ColumnType, engine_type: str) -> str | None:
    """How a column of the engine's of is read as the contract's type; None: it cannot be."""
    if engine_type == "VARCHAR" or engine_type.startswith("ENUM"):
        return AS_TEXT if of in TEXTUAL else None
    if of in SAME:
        return AS_TYPED if engine_type in SAME[of] else None
    whole, broken = engine_type in INTEGERS, engine_type in FLOATS or engine_type.startswith("DECIMAL")
    if of is ColumnType.STRING or not (whole or broken):
        return None
    if whole or of is ColumnType.DOUBLE:
        return AS_TYPED
    return WHOLE if of is ColumnType.INTEGER else EXACT
