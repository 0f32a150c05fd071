"""A table or view of the Glue catalog as `state.CataloguedTable`, from the JSON of GetTable or GetTables.

Used through `canonical.table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.lake_formation.state import CataloguedTable

if TYPE_CHECKING:
    from collections.abc import Mapping

VIEW = "VIRTUAL_VIEW"


def table(told: Mapping[str, Any], database: str | None = None) -> CataloguedTable:
    """One table or view; `database` where the entry does not say it."""
    storage = told.get("StorageDescriptor") or {}
    keys = [each for each in told.get("PartitionKeys") or () if each["Name"] not in {one["Name"] for one in storage.get("Columns") or ()}]
    columns = [*(storage.get("Columns") or ()), *keys]
    view, is_view = told.get("ViewDefinition") or {}, told.get("TableType") == VIEW
    properties = dict(told.get("Parameters") or {})
    return CataloguedTable(
        database=(told.get("DatabaseName") or database or "").lower(),
        name=told["Name"].lower(),
        columns=tuple(each["Name"] for each in columns),
        types=tuple(each.get("Type", "") for each in columns),
        is_view=is_view,
        definer=view.get("Definer"),
        base_tables=tuple(pair for pair in map(_named, view.get("SubObjects") or ()) if pair is not None),
        location=None if is_view else _location(storage, properties),
        partitions=tuple(each["Name"] for each in told.get("PartitionKeys") or ()),
        created_by=told.get("CreatedBy"),
        dialects=_dialects(view, told) if is_view else {},
        properties=properties,
    )


def _location(storage: Mapping[str, Any], properties: Mapping[str, str]) -> str | None:
    """The table's folder; of an Iceberg table that names none, the folder of its metadata."""
    if storage.get("Location"):
        return str(storage["Location"]).rstrip("/")
    pointer = properties.get("metadata_location", "")
    return pointer.rpartition("/metadata/")[0] or None


def _dialects(view: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, tuple[str, str, bool]]:
    """Original text, expanded text and staleness by dialect; a classic view has the one dialect that its text is in."""
    found = {
        each["Dialect"]: (each.get("ViewOriginalText", ""), each.get("ViewExpandedText", ""), bool(each.get("IsStale")))
        for each in view.get("Representations") or ()
    }
    if not found and told.get("ViewOriginalText"):
        found["PRESTO"] = (told["ViewOriginalText"], told.get("ViewExpandedText", ""), False)
    return found


def _named(arn: str) -> tuple[str, str] | None:
    """Database and table of `arn:aws:glue:region:account:table/database/name`; None for what is no table."""
    parts = arn.rpartition(":")[2].split("/")
    return (parts[1].lower(), parts[2].lower()) if len(parts) == 3 and parts[0] == "table" else None
