"""What the API of Lake Formation tells, folded into the elements of `state.py`: one value for one meaning, however it was told.

The API tells a grant in other words than those in which it was given: SELECT on a table comes back apart, as a column wildcard;
all tables as a table called `ALL_TABLES`; an empty list of exclusions as nothing; `ALL` beside what it implies; tags in lower
case. Entries are JSON as boto3 gives it. A resource that Ringi does not manage becomes an `Other`, never nothing. Used by
`infra/aws/lake_formation` when it reads an account; `shapes.py` is the way back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from governance.lake_formation.api.catalogued import table
from governance.lake_formation.api.folding import ALL, DATABASE_ACTIONS, TABLE_ACTIONS, folded
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
from governance.lake_formation.state import (
    Attachment,
    CellsFilter,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "ALL",
    "DATABASE_ACTIONS",
    "TABLE_ACTIONS",
    "attachment",
    "cells_filter",
    "expression",
    "folded",
    "opt_in",
    "permission",
    "permissions",
    "registration",
    "resource",
    "row_policy",
    "settings",
    "table",
    "tag",
    "tagged",
    "told_json",
]

EVERY_TABLE_TOLD = "ALL_TABLES"
"""The name under which the API tells a wildcard over tables."""

PROTECTED = ("DataLakeAdmins", "ReadOnlyAdmins", "CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
"""Fields of the settings that `Settings` takes apart; the rest stays together in `other`."""


def told_json(value: Any) -> str:
    """What the API told, as JSON in one form: sorted, without spaces; times as text. What is None or not said is left out.

    For comparing what is told with what was told before. Nothing is signed over it: that is `metrics_catalog.canonical_json`, which
    drops nothing.
    """
    return json.dumps(_said(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(item) for key, item in value.items() if item is not None}
    return [_said(item) for item in value] if isinstance(value, list | tuple) else value


def resource(told: Mapping[str, Any], account: str | None = None) -> Resource:
    """A resource of the API. One of another account's catalog, where `account` is given, is an `Other`."""
    found = _resource(told)
    if found is None or _is_foreign(told, account):
        return Other(told_json(told))
    return found


def _is_foreign(told: Mapping[str, Any], account: str | None) -> bool:
    (inner,) = told.values()
    catalog = inner.get("CatalogId") or inner.get("TableCatalogId") or inner.get("Id")
    return account is not None and catalog is not None and catalog != account


def _resource(told: Mapping[str, Any]) -> Resource | None:
    if len(told) != 1:
        return None
    ((kind, inner),) = told.items()
    match kind:
        case "Catalog":
            return Catalog()
        case "Database":
            return Database(inner["Name"].lower())
        case "Table":
            return _table(inner)
        case "TableWithColumns":
            return _columns(inner)
        case "DataCellsFilter" if inner.get("DatabaseName") and inner.get("TableName") and inner.get("Name"):
            return Filter(inner["DatabaseName"].lower(), inner["TableName"].lower(), inner["Name"])
        case "DataLocation":
            return Location(_without_end(inner["ResourceArn"]))
        case "LFTag":
            return TagKey(inner["TagKey"].lower(), _lower(inner["TagValues"]))
        case "LFTagPolicy" if inner.get("Expression") and not inner.get("ExpressionName"):
            return TagPolicy(inner["ResourceType"], expression(inner["Expression"]))
    return None


def _table(inner: Mapping[str, Any]) -> Table | None:
    name = inner.get("Name") or EVERY_TABLE_TOLD
    every = inner.get("TableWildcard") is not None or name == EVERY_TABLE_TOLD
    return Table(inner["DatabaseName"].lower(), EVERY_TABLE if every else name.lower())


def _columns(inner: Mapping[str, Any]) -> Resource:
    database, name = inner["DatabaseName"].lower(), inner["Name"]
    included = tuple(sorted(set(inner.get("ColumnNames") or ())))
    excluded = tuple(sorted(set((inner.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())))
    table_name = EVERY_TABLE if name == EVERY_TABLE_TOLD else name.lower()
    return Columns(database, table_name, included, excluded) if included or excluded else Table(database, table_name)


def expression(told: Iterable[Mapping[str, Any]]) -> Expression:
    """A tag expression: keys in order, each with its values in order, all lower case."""
    return tuple(sorted((each["TagKey"].lower(), _lower(each["TagValues"])) for each in told))


def permission(entry: Mapping[str, Any], account: str | None = None) -> tuple[Permission, ...]:
    """The permissions of one entry of ListPermissions; `permissions` folds those of all entries."""
    who = (entry.get("Principal") or {}).get("DataLakePrincipalIdentifier", "")
    on = resource(entry["Resource"], account)
    condition = (entry.get("Condition") or {}).get("Expression")
    grantable = set(entry.get("PermissionsWithGrantOption") or ())
    actions = grantable.union(entry.get("Permissions") or ())
    return folded(Permission(who, on, action, action in grantable, condition) for action in actions)


def permissions(entries: Iterable[Mapping[str, Any]], account: str | None = None) -> frozenset[Permission]:
    """All permissions of all entries, each once: what another one of the same principal and resource implies is left out."""
    return frozenset(folded(each for entry in entries for each in permission(entry, account)))


def cells_filter(told: Mapping[str, Any]) -> CellsFilter:
    """A filter of ListDataCellsFilter; no row filter and the wildcard are the same, and so are no exclusions and none said."""
    rows = (told.get("RowFilter") or {}).get("FilterExpression")
    return CellsFilter(
        database=told["DatabaseName"].lower(),
        table=told["TableName"].lower(),
        name=told["Name"],
        included=tuple(sorted(set(told.get("ColumnNames") or ()))),
        excluded=tuple(sorted(set((told.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()))),
        rows=rows or None,
    )


def tag(told: Mapping[str, Any]) -> Tag:
    """A tag of GetLFTag or ListLFTags. A key with more values than a page holds is told in parts: join these first."""
    return Tag(told["TagKey"].lower(), _lower(told["TagValues"]))


def tagged(on: Database | Table, told: Mapping[str, Any]) -> tuple[Tagged, ...]:
    """The tags of GetResourceLFTags with `ShowAssignedLFTags`, which leaves out what is inherited; asked of a database or table."""
    if isinstance(on, Database):
        return _tags_on(on, told.get("LFTagOnDatabase"))
    columns = told.get("LFTagsOnColumns") or ()
    of_columns = (_tags_on(Columns(on.database, on.name, (each["Name"],)), each.get("LFTags")) for each in columns)
    return (*_tags_on(on, told.get("LFTagsOnTable")), *(each for found in of_columns for each in found))


def _tags_on(on: Database | Table | Columns, pairs: Sequence[Mapping[str, Any]] | None) -> tuple[Tagged, ...]:
    return tuple(Tagged(on, each["TagKey"].lower(), value) for each in pairs or () for value in _lower(each["TagValues"]))


def opt_in(told: Mapping[str, Any], account: str | None = None) -> OptIn:
    """One entry of ListLakeFormationOptIns."""
    on = resource(told["Resource"], account)
    kept = on if isinstance(on, Database | Table) else Other(told_json(told["Resource"]))
    return OptIn(told["Principal"]["DataLakePrincipalIdentifier"], kept, (told.get("Condition") or {}).get("Expression"))


def registration(told: Mapping[str, Any]) -> Registration:
    """One place of ListResources or DescribeResource. A service-linked role is nobody's choice, so it is None."""
    role = told.get("RoleArn")
    linked = role is not None and "/aws-service-role/lakeformation.amazonaws.com/" in role
    kept = ("WithFederation", "WithPrivilegedAccess", "ExpectedResourceOwnerAccount")
    other = {key: told[key] for key in kept if told.get(key)}
    hybrid = bool(told.get("HybridAccessEnabled"))
    return Registration(_without_end(told["ResourceArn"]), None if linked else role, hybrid, told_json(other))


def row_policy(told: Mapping[str, Any]) -> RowPolicy:
    """A policy of ListRLSPolicies or GetRLSPolicy."""
    columns = tuple((each["Name"], each.get("Type", "")) for each in told.get("AttachmentColumns") or ())
    return RowPolicy(told["Name"], told.get("FilterExpression") or "", columns)


def attachment(told: Mapping[str, Any], account: str | None = None) -> Attachment:
    """One entry of ListRLSPolicyAttachments; what is put on anything but a table is kept in `on`."""
    found = resource(told["Resource"], account)
    who = (told.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    said = (told["PolicyName"], who, bool(told.get("DefaultRLSPolicy")), (told.get("Condition") or {}).get("Expression"))
    if isinstance(found, Table):
        return Attachment(said[0], found.database, found.name, *said[1:])
    on = found if isinstance(found, TagPolicy) else Other(told_json(told["Resource"]))
    return Attachment(said[0], "", "", *said[1:], on=on)


def settings(told: Mapping[str, Any]) -> Settings:
    """The document of GetDataLakeSettings (`DataLakeSettings` itself); keys that nobody knows are kept in `other`."""
    return Settings(
        administrators=_principals(told.get("DataLakeAdmins")),
        read_only_administrators=_principals(told.get("ReadOnlyAdmins")),
        database_defaults=_defaults(told.get("CreateDatabaseDefaultPermissions")),
        table_defaults=_defaults(told.get("CreateTableDefaultPermissions")),
        other=told_json({key: value for key, value in told.items() if key not in PROTECTED}),
    )


def _principals(told: Iterable[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(sorted({each["DataLakePrincipalIdentifier"] for each in told or ()}))


def _defaults(told: Iterable[Mapping[str, Any]] | None) -> tuple[str, ...]:
    pairs = ((each["Principal"]["DataLakePrincipalIdentifier"], each.get("Permissions") or ()) for each in told or ())
    return tuple(sorted({f"{principal}:{action}" for principal, actions in pairs for action in actions}))


def _lower(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value.lower() for value in values}))


def _without_end(arn: str) -> str:
    return arn.rstrip("/")
