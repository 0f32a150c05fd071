"""What a principal may read of a table: worked out from all that the account holds, as an engine is told it by Glue.

A cell is visible where some way in has its column, and that way's condition is TRUE on its row. The answer has the form of
GetUnfilteredTableMetadata: the columns, one condition on rows, and, for a column that fewer rows show, a condition of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.lab.lake_formation import opt_ins, registrations, row_policies
from tests.lab.lake_formation.account import IAM_ALLOWED, Here
from tests.lab.lake_formation.catalog import CatalogTable
from tests.lab.lake_formation.faults import RefusedError, denied
from tests.lab.lake_formation.place import EVERY, Place
from tests.lab.lake_formation.tags import matched

SUPPORTED = ("COLUMN_PERMISSION", "CELL_FILTER_PERMISSION", "NESTED_PERMISSION", "NESTED_CELL_PERMISSION")


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: these columns, on the rows where the condition is TRUE (None: on all)."""

    columns: frozenset[str]
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class Readable:
    """What is visible: `columns` in the table's order, on rows where `rows` is TRUE; of `cells`, a column only where its own is."""

    columns: tuple[str, ...]
    rows: str | None = None
    cells: Mapping[str, str] = field(default_factory=dict)


def readable(here: Here, principal: str, database: str, table: str) -> Readable:
    """What one IAM role or user may read; no columns at all where it may read nothing."""
    held = here.catalog.table(database, table)
    ways = list(_ways(here, principal, held))
    columns = tuple(name for name in held.names if any(name in way.columns for way in ways))
    rows = _any(ways)
    own = {name: _any([way for way in ways if name in way.columns]) for name in columns}
    return Readable(columns, rows, {name: condition for name, condition in own.items() if condition is not None and condition != rows})


def describes(here: Here, principal: str, database: str, table: str) -> bool:
    """Whether the principal may know that the table is there: whatever it holds on it tells that much."""
    held = here.catalog.table(database, table)
    if here.as_caller(principal).sees_all or any(_ways(here, principal, held)):
        return True
    names = {table, EVERY}
    asked = Place("Table", database, table)
    return any(
        (place.database == database and place.table in names) or (place.kind == "LFTagPolicy" and matched(here, place, asked) is not None)
        for who, place in here.account.grants
        if who in _names(here, principal, held)
    )


def in_charge(here: Here, principal: str, table: CatalogTable) -> bool:
    """Whether Lake Formation decides for this principal; where not, IAM alone does, and the lab's IAM lets everybody in."""
    places = [here.catalog.table(*base).location for base in table.bases if here.catalog.has(*base)] if table.is_view else [table.location]
    found = [held for place in places if (held := registrations.covering(here, place)) is not None]
    if not found:
        return False
    if all(held.get("HybridAccessEnabled") for held in found):
        return opt_ins.is_in(here, principal, table.database, table.name)
    return True


def get_unfiltered_table_metadata(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetUnfilteredTableMetadata of Glue, for the caller. `Table` is left to the face, which knows how Glue writes one."""
    database, name = str(given["DatabaseName"]).lower(), str(given["Name"]).lower()
    table = here.catalog.table(database, name)
    found = readable(here, here.caller, database, name)
    if not found.columns:
        raise denied(f"Insufficient Lake Formation permission(s): Required Select on {name}")
    kinds = set(given["SupportedPermissionTypes"])
    if (found.rows or found.cells) and "CELL_FILTER_PERMISSION" not in kinds:
        raise RefusedError("PermissionTypeMismatchException", f"The permissions on {name} need CELL_FILTER_PERMISSION.")
    if set(found.columns) < set(table.names) and not kinds & set(SUPPORTED):
        raise RefusedError("PermissionTypeMismatchException", f"The permissions on {name} need COLUMN_PERMISSION.")
    return {
        "AuthorizedColumns": list(found.columns),
        "IsRegisteredWithLakeFormation": registrations.covering(here, table.location) is not None,
        "CellFilters": [{"ColumnName": column, "RowFilterExpression": rows} for column, rows in found.cells.items()],
        "QueryAuthorizationId": str(uuid.uuid4()),
        "IsMultiDialectView": bool(table.definition),
        "IsProtected": bool((table.definition or {}).get("IsProtected")),
        "Permissions": ["SELECT"],
        **({"RowFilter": found.rows} if found.rows else {}),
    }


def _ways(here: Here, principal: str, table: CatalogTable) -> Iterator[Way]:
    every = frozenset(table.names)
    if not in_charge(here, principal, table):
        yield Way(every)
        return
    names = _names(here, principal, table)
    policies = [] if table.is_view else list(row_policies.conditions(here, names, table.database, table.name))
    only = _or(policies) if policies else None
    for way in _granted(here, names, principal, table):
        yield Way(way.columns, _and(way.rows, only))


def _granted(here: Here, names: set[str], principal: str, table: CatalogTable) -> Iterator[Way]:
    every, asked = frozenset(table.names), Place("Table", table.database, table.name)
    if here.account.creators.get(asked) == principal:
        yield Way(every)
    for (who, place), held in here.account.grants.items():
        if who not in names:
            continue
        if place.kind == "Table" and place.database == table.database and place.table in {table.name, EVERY} and "ALL" in held.permissions:
            yield Way(every)
        if "SELECT" not in held.permissions:
            continue
        if place.kind == "AnyResource":
            yield Way(every)
        elif place.kind == "LFTagPolicy":
            if columns := matched(here, place, asked):
                yield Way(columns)
        elif place.database == table.database and place.table in {table.name, EVERY}:
            yield from _by_name(here, place, table)


def _by_name(here: Here, place: Place, table: CatalogTable) -> Iterator[Way]:
    if place.kind == "TableWithColumns":
        yield Way(_named(table, place.told["names"], place.told["but"]))
    if place.kind == "DataCellsFilter":
        told = here.account.filters[table.database, table.name, place.told]
        but = (told.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()
        yield Way(_named(table, told.get("ColumnNames"), but), told["RowFilter"].get("FilterExpression"))


def _named(table: CatalogTable, names: list[str] | None, but: Sequence[str]) -> frozenset[str]:
    return frozenset(table.names) & frozenset(names) if names is not None else frozenset(table.names) - frozenset(but)


def _names(here: Here, principal: str, table: CatalogTable) -> set[str]:
    """The principal and the groups it is in. Who is opted in is no longer among those that IAM decides about."""
    opted = opt_ins.is_in(here, principal, table.database, table.name)
    return {principal, f"{here.number}:IAMPrincipals", *(() if opted else (IAM_ALLOWED,))}


def _any(ways: list[Way]) -> str | None:
    conditions = [way.rows for way in ways]
    return None if None in conditions or not conditions else _or([one for one in conditions if one is not None])


def _or(conditions: list[str]) -> str:
    different = sorted(set(conditions))
    return different[0] if len(different) == 1 else " OR ".join(f"({one})" for one in different)


def _and(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one if other is None else other
    return f"({one}) AND ({other})"
