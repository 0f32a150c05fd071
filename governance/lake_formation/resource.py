"""What a permission of Lake Formation is on: one frozen value a kind of resource, each in one canonical form.

The API tells the same thing in several ways (a column wildcard without exclusions is the whole table, `ALL_TABLES` is a
wildcard); `canonical.py` folds them into these. Used by every part of this folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

EVERY_TABLE = "*"
"""The name of a Table that stands for all tables of its database, those of later days too."""

Expression: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Tag keys, each with the values of which one must be there; keys and values in order, lower case."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The account's whole catalog."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database; in Ringi a schema, such as `views_jp`."""

    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view with all its columns, or every table of the database (`EVERY_TABLE`)."""

    database: str
    name: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Some columns of a table: those `included`, or, where that is empty, all but those `excluded`. Both in order of name.

    All columns without exception are a `Table`. Only SELECT can be given on columns.
    """

    database: str
    table: str
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A data cells filter of a table, by name; what it shows is a `state.CellsFilter`. Only SELECT can be given on it."""

    database: str
    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3 that is registered, as an ARN."""

    arn: str


@dataclass(frozen=True, slots=True)
class TagKey:
    """An LF-Tag and some of its values, in order."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagPolicy:
    """Everything that carries the tags of an expression; `over` is DATABASE or TABLE."""

    over: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Other:
    """A resource that Ringi does not manage, as the API told it (`told_json`): seen by drift, never changed."""

    json: str


Resource: TypeAlias = Catalog | Database | Table | Columns | Filter | Location | TagKey | TagPolicy | Other
