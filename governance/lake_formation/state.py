"""What Lake Formation and the Glue catalog of an account hold about access, as one frozen value in canonical form.

Read from an account by `infra/aws/lake_formation`, made from the policy by `compile.py`; two states are compared element by
element by the plan. A state holds what is explicit; what follows from it (administrators, creators, wildcards, tags) is worked
out by `effective.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from governance.lake_formation.resource import Columns, Database, Expression, Other, Resource, Table, TagPolicy

IAM_ALLOWED = "IAM_ALLOWED_PRINCIPALS"
"""The group of everyone whom IAM lets in: a permission for it leaves the decision to IAM alone."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission of one identity on one resource. With `grantable` it may be handed on, which includes having it.

    `condition` is a Cedar expression over the identity's attributes: Ringi makes none, and counts those of others as given.
    """

    principal: str
    resource: Resource
    action: str
    grantable: bool = False
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class CellsFilter:
    """What a data cells filter shows of a table: columns as in `Columns` (both empty: all), on rows where `rows` is TRUE (None: all)."""

    database: str
    table: str
    name: str
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A defined LF-Tag; `values` in order, lower case."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """One tag on a database, on a table, or on one column (a `Columns` of one included name)."""

    resource: Database | Table | Columns
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class OptIn:
    """A principal for whom Lake Formation decides about a resource in hybrid mode; others are left to IAM there.

    One with a `condition` is never counted on: it may not hold.
    """

    principal: str
    resource: Database | Table | Other
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """A place in S3 under Lake Formation: `role` reads it for engines (None: the service-linked role); `hybrid` as in `OptIn`.

    `other` is the rest of what the account says of it (federation and the like), as `told_json` writes it.
    """

    arn: str
    role: str | None = None
    hybrid: bool = False
    other: str = "{}"


@dataclass(frozen=True, slots=True)
class RowPolicy:
    """A row-level security policy of the catalog: a reusable condition, over `columns` with their Glue types."""

    name: str
    rows: str
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A row policy put on a table, for one principal or for all (None, or `default`).

    One that is put on tags or on something else has that in `on`, and no database and table. `condition` as in `Permission`.
    """

    policy: str
    database: str
    table: str
    principal: str | None = None
    default: bool = False
    condition: str | None = None
    on: TagPolicy | Other | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of the data lake settings that decides who reads; `other` is the rest of the document as `told_json` writes it, kept as it is.

    The two defaults are what a new database or table gives at its creation, as `principal:ACTION` in order; empty leaves
    nothing to IAM.
    """

    administrators: tuple[str, ...] = ()
    read_only_administrators: tuple[str, ...] = ()
    database_defaults: tuple[str, ...] = ()
    table_defaults: tuple[str, ...] = ()
    other: str = "{}"


Element: TypeAlias = Permission | CellsFilter | Tag | Tagged | OptIn | Registration | RowPolicy | Attachment | Settings
"""One thing that a plan adds, removes or changes."""


@dataclass(frozen=True)
class CataloguedTable:
    """What the Glue catalog says of one table or view; `columns` in the table's order, `location` in S3 (None for a view)."""

    database: str
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...] = ()
    is_view: bool = False
    definer: str | None = None
    base_tables: tuple[tuple[str, str], ...] = ()
    location: str | None = None
    partitions: tuple[str, ...] = ()
    """Names of partition columns, where Glue knows any."""
    created_by: str | None = None
    dialects: Mapping[str, tuple[str, str, bool]] = field(default_factory=dict)
    """Of a view: the original text, the expanded text and whether it is stale, by dialect."""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AccountState:
    """All of it. `tables` and `databases` (with their creators) are what exists; a plan never changes them."""

    permissions: frozenset[Permission] = frozenset()
    filters: frozenset[CellsFilter] = frozenset()
    tags: frozenset[Tag] = frozenset()
    tagged: frozenset[Tagged] = frozenset()
    opt_ins: frozenset[OptIn] = frozenset()
    registrations: frozenset[Registration] = frozenset()
    row_policies: frozenset[RowPolicy] = frozenset()
    attachments: frozenset[Attachment] = frozenset()
    settings: Settings = Settings()
    databases: Mapping[str, str | None] = field(default_factory=dict)
    tables: Mapping[tuple[str, str], CataloguedTable] = field(default_factory=dict)
    updated: Mapping[Permission, tuple[str, str]] = field(default_factory=dict)
    """When a permission was last changed (ISO, UTC) and by whom, where the account tells it."""
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    """Tag expressions that the account keeps under a name."""
    new_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a database of its own gives on every new table, as `principal:ACTION`; only databases that give something."""
    features: frozenset[str] = frozenset()
    """What the account was found to have: `cells-filters`, `opt-ins`, `row-policies`, `tag-expressions`."""
