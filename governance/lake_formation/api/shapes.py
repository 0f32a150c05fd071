"""Elements as the API of Lake Formation takes them: the way back of `canonical.py`. Used by `calls.py`."""

from __future__ import annotations

import json
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from governance.lake_formation.resource import (
    EVERY_TABLE,
    Catalog,
    Columns,
    Database,
    Expression,
    Filter,
    Location,
    Other,
    Resource,
    Table,
    TagKey,
    TagPolicy,
)
from governance.lake_formation.state import Attachment, CellsFilter, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable


@singledispatch
def resource(on: Resource, account: str) -> dict[str, Any]:
    """A resource as the API takes it; `account` is the account of the catalog."""
    raise TypeError(type(on).__name__)


@resource.register
def _catalog(on: Catalog, account: str) -> dict[str, Any]:
    return {"Catalog": {}}


@resource.register
def _database(on: Database, account: str) -> dict[str, Any]:
    return {"Database": {"CatalogId": account, "Name": on.name}}


@resource.register
def _table(on: Table, account: str) -> dict[str, Any]:
    named: dict[str, Any] = {"TableWildcard": {}} if on.name == EVERY_TABLE else {"Name": on.name}
    return {"Table": {"CatalogId": account, "DatabaseName": on.database, **named}}


@resource.register
def _columns(on: Columns, account: str) -> dict[str, Any]:
    return {"TableWithColumns": {"CatalogId": account, "DatabaseName": on.database, "Name": on.table, **columns(on.included, on.excluded)}}


@resource.register
def _filter(on: Filter, account: str) -> dict[str, Any]:
    return {"DataCellsFilter": {"TableCatalogId": account, "DatabaseName": on.database, "TableName": on.table, "Name": on.name}}


@resource.register
def _location(on: Location, account: str) -> dict[str, Any]:
    return {"DataLocation": {"CatalogId": account, "ResourceArn": on.arn}}


@resource.register
def _tag_key(on: TagKey, account: str) -> dict[str, Any]:
    return {"LFTag": {"CatalogId": account, "TagKey": on.key, "TagValues": list(on.values)}}


@resource.register
def _tag_policy(on: TagPolicy, account: str) -> dict[str, Any]:
    return {"LFTagPolicy": {"CatalogId": account, "ResourceType": on.over, "Expression": expression(on.expression)}}


@resource.register
def _other(on: Other, account: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(on.json)
    return found


def expression(pairs: Expression) -> list[dict[str, Any]]:
    """A tag expression as the API takes it."""
    return [{"TagKey": key, "TagValues": list(values)} for key, values in pairs]


def columns(included: Iterable[str], excluded: Iterable[str]) -> dict[str, Any]:
    """Columns of a grant or of a filter: the names, or the wildcard with what it leaves out."""
    names, without = list(included), list(excluded)
    if names:
        return {"ColumnNames": names}
    return {"ColumnWildcard": {"ExcludedColumnNames": without} if without else {}}


def principal(identity: str) -> dict[str, Any]:
    """An identity as the API takes it."""
    return {"DataLakePrincipalIdentifier": identity}


def condition(expression: str | None) -> dict[str, Any]:
    """The field of a Cedar condition, where there is one."""
    return {} if expression is None else {"Condition": {"Expression": expression}}


def cells_filter(each: CellsFilter, account: str) -> dict[str, Any]:
    """A filter as the API takes it: `TableData`."""
    rows: dict[str, Any] = {"AllRowsWildcard": {}} if each.rows is None else {"FilterExpression": each.rows}
    place = {"TableCatalogId": account, "DatabaseName": each.database, "TableName": each.table, "Name": each.name}
    return {**place, "RowFilter": rows, **columns(each.included, each.excluded)}


def attachment(each: Attachment, account: str) -> dict[str, Any]:
    """What attaching and detaching a row policy have in common."""
    on = each.on if each.on is not None else Table(each.database, each.table)
    who = {} if each.principal is None else {"Principal": principal(each.principal)}
    return {"Name": each.policy, "Resource": resource(on, account), **who, **condition(each.condition)}


def settings(each: Settings) -> dict[str, Any]:
    """The whole document of the settings; what Ringi does not know of stays as it was."""
    other: dict[str, Any] = json.loads(each.other)
    return {
        **other,
        "DataLakeAdmins": [principal(name) for name in each.administrators],
        "ReadOnlyAdmins": [principal(name) for name in each.read_only_administrators],
        "CreateDatabaseDefaultPermissions": _defaults(each.database_defaults),
        "CreateTableDefaultPermissions": _defaults(each.table_defaults),
    }


def _defaults(said: Iterable[str]) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for each in said:
        name, _, action = each.rpartition(":")
        found.setdefault(name, []).append(action)
    return [{"Principal": principal(name), "Permissions": actions} for name, actions in found.items()]
