"""Data cells filters: some columns of a table, on some of its rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.conditions import need_condition
from tests.lab.lake_formation.faults import denied, invalid, missing, overtaken, there_already
from tests.lab.lake_formation.listing import paged
from tests.lab.lake_formation.place import EVERY, Place, place_of

Key = tuple[str, str, str]


def create(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """CreateDataCellsFilter."""
    told = given["TableData"]
    key = _key(told)
    _may(here, key)
    if key in here.account.filters:
        raise there_already(f"Data cells filter already exists: {key[2]}")
    here.account.filters[key] = _checked(here, key, told)
    return {}


def get(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetDataCellsFilter."""
    return {"DataCellsFilter": _held(here, _key(given))}


def update(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateDataCellsFilter: the whole of it anew; refused where a version is named that is no longer the present one."""
    told = given["TableData"]
    key = _key(told)
    _may(here, key)
    held = _held(here, key)
    if told.get("VersionId") not in {None, held["VersionId"]}:
        raise overtaken(f"The data cells filter {key[2]} was changed meanwhile.")
    here.account.filters[key] = _checked(here, key, told)
    return {}


def delete(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteDataCellsFilter; what was granted on it goes with it."""
    key = _key(given)
    _may(here, key)
    _held(here, key)
    del here.account.filters[key]
    for principal, place in list(here.account.grants):
        if place.kind == "DataCellsFilter" and (place.database, place.table, place.told) == key:
            del here.account.grants[principal, place]
    return {}


def listed(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListDataCellsFilter: all, or those of a table or a database."""
    asked = place_of({"Table": given["Table"]}) if given.get("Table") else None
    found = [
        told
        for (database, table, _), told in sorted(here.account.filters.items())
        if asked is None or (asked.database == database and asked.table in {EVERY, table})
    ]
    return paged(found, given, "DataCellsFilters")


def forget(here: Here, database: str, table: str | None) -> None:
    """A table (or a whole database) is no more."""
    for key in list(here.account.filters):
        if key[0] == database and (table is None or key[1] == table):
            del here.account.filters[key]


def _key(told: Mapping[str, Any]) -> Key:
    values = [str(told.get(field) or "") for field in ("DatabaseName", "TableName", "Name")]
    if not all(1 <= len(value) <= 255 for value in values):
        raise invalid("DatabaseName, TableName and Name must have 1 to 255 characters.")
    return values[0].lower(), values[1].lower(), values[2]


def _held(here: Here, key: Key) -> dict[str, Any]:
    if key not in here.account.filters:
        raise missing(f"Data cells filter {key[2]} not found on table {key[0]}.{key[1]}.")
    return here.account.filters[key]


def _may(here: Here, key: Key) -> None:
    if not here.administers and not here.made(Place("Table", key[0], key[1])):
        raise denied(f"Insufficient Lake Formation permission(s) on {key[0]}.{key[1]}")


def _checked(here: Here, key: Key, told: Mapping[str, Any]) -> dict[str, Any]:
    """A filter of a proper shape over columns that are there, under a new version."""
    table = here.catalog.table(key[0], key[1])
    if table.is_view:
        raise invalid(f"Data cells filters are not supported on views: {key[0]}.{key[1]}")
    names, wildcard = told.get("ColumnNames"), told.get("ColumnWildcard")
    if bool(names) == (wildcard is not None):
        raise invalid("Either ColumnNames or ColumnWildcard must be specified, and not both.")
    but = (wildcard or {}).get("ExcludedColumnNames") or []
    if unknown := sorted({name.lower() for name in [*(names or ()), *but]} - set(table.names)):
        raise missing(f"Column {', '.join(unknown)} not found in table {key[0]}.{key[1]}.")
    rows = told.get("RowFilter") or {}
    text, every = rows.get("FilterExpression"), rows.get("AllRowsWildcard")
    if (text is None) == (every is None):
        raise invalid("Either FilterExpression or AllRowsWildcard must be specified in RowFilter, and not both.")
    if text is not None:
        need_condition(text, dict(table.columns))
    return {
        "TableCatalogId": here.number,
        "DatabaseName": key[0],
        "TableName": key[1],
        "Name": key[2],
        "RowFilter": {"AllRowsWildcard": {}} if text is None else {"FilterExpression": text},
        **({"ColumnNames": [name.lower() for name in names]} if names else {"ColumnWildcard": {"ExcludedColumnNames": but} if but else {}}),
        "VersionId": str(uuid.uuid4()),
    }
