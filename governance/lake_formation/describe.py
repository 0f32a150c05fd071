"""One plain line for each element and resource, as plans, drift and explanations show them.

`SELECT on views_jp.title_daily to role/analyst_jp`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from governance.lake_formation.resource import (
    EVERY_TABLE,
    Catalog,
    Columns,
    Database,
    Filter,
    Location,
    Other,
    Resource,
    Table,
    TagKey,
    TagPolicy,
)
from governance.lake_formation.state import (
    IAM_ALLOWED,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def who(identity: str, account: str | None = None) -> str:
    """An identity in short: what follows the account in its ARN; with the account where that is another one than `account`."""
    if identity == IAM_ALLOWED:
        return f"everyone whom IAM lets in ({IAM_ALLOWED})"
    parts = identity.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return identity
    foreign = account is not None and parts[4] not in ("", account)
    return f"{parts[5]} of account {parts[4]}" if foreign else parts[5]


@singledispatch
def where(on: Resource) -> str:
    """A resource in words."""
    raise TypeError(type(on).__name__)


@where.register
def _catalog(on: Catalog) -> str:
    return "the whole catalog"


@where.register
def _database(on: Database) -> str:
    return f"database {on.name}"


@where.register
def _table(on: Table) -> str:
    return f"every table of {on.database}, present and later" if on.name == EVERY_TABLE else f"{on.database}.{on.name}"


@where.register
def _columns(on: Columns) -> str:
    place = where(Table(on.database, on.table))
    return f"{_some(on.included, on.excluded)} of {place}"


@where.register
def _filter(on: Filter) -> str:
    return f"filter {on.name} of {on.database}.{on.table}"


@where.register
def _location(on: Location) -> str:
    return _s3(on.arn)


@where.register
def _tag_key(on: TagKey) -> str:
    return f"tag {on.key} ({', '.join(on.values)})"


@where.register
def _tag_policy(on: TagPolicy) -> str:
    said = " and ".join(f"{key}={'|'.join(values)}" for key, values in on.expression)
    return f"every {on.over.lower()} tagged {said}"


@where.register
def _other(on: Other) -> str:
    return on.json


@singledispatch
def describe(element: Element, account: str | None = None) -> str:
    """An element in one plain line; identities of other accounts than `account` are told with theirs."""
    raise TypeError(type(element).__name__)


@describe.register
def _permission(element: Permission, account: str | None = None) -> str:
    return f"{element.action} on {where(element.resource)} to {who(element.principal, account)}{_more(element)}"


@describe.register
def _cells_filter(element: CellsFilter, account: str | None = None) -> str:
    rows = "all rows" if element.rows is None else f"rows where {element.rows}"
    return f"filter {element.name} of {element.database}.{element.table}: {_some(element.included, element.excluded)}, {rows}"


@describe.register
def _tag(element: Tag, account: str | None = None) -> str:
    return f"tag {element.key} with {_listed(element.values)}"


@describe.register
def _tagged(element: Tagged, account: str | None = None) -> str:
    return f"tag {element.key}={element.value} on {where(element.resource)}"


@describe.register
def _opt_in(element: OptIn, account: str | None = None) -> str:
    said = f"Lake Formation decides for {who(element.principal, account)} about {where(element.resource)}"
    return f"{said}{_where(element.condition)}"


@describe.register
def _registration(element: Registration, account: str | None = None) -> str:
    by = "the service-linked role" if element.role is None else who(element.role, account)
    mode = ", in hybrid mode" if element.hybrid else ""
    return f"{_s3(element.arn)} under Lake Formation, read by {by}{mode}"


@describe.register
def _row_policy(element: RowPolicy, account: str | None = None) -> str:
    return f"row policy {element.name}: rows where {element.rows}"


@describe.register
def _attachment(element: Attachment, account: str | None = None) -> str:
    on = where(element.on) if element.on is not None else where(Table(element.database, element.table))
    reader = "everyone" if element.principal is None else who(element.principal, account)
    default = ", as the default" if element.default else ""
    return f"row policy {element.policy} on {on} for {reader}{default}{_where(element.condition)}"


@describe.register
def _settings(element: Settings, account: str | None = None) -> str:
    names = [who(name, account) for name in element.administrators]
    defaults = [*element.database_defaults, *element.table_defaults]
    given = f"new databases and tables give {_listed(dict.fromkeys(defaults))}" if defaults else "nothing is given by default"
    return f"settings: administrators {_listed(names)}; {given}"


def right(permission: Permission) -> str:
    """A permission without whose it is."""
    return f"{permission.action} on {where(permission.resource)}{_more(permission)}"


def _more(permission: Permission) -> str:
    handed_on = ", and may hand it on" if permission.grantable else ""
    return f"{handed_on}{_where(permission.condition)}"


def _some(included: Iterable[str], excluded: Iterable[str]) -> str:
    names, without = list(included), list(excluded)
    if names:
        return f"column{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return f"all columns but {', '.join(without)}" if without else "all columns"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"


def _where(condition: str | None) -> str:
    return "" if condition is None else f", where {condition}"


def _s3(arn: str) -> str:
    place = arn.rpartition(":::")[2]
    return f"s3://{place}" if ":s3:::" in arn else arn
