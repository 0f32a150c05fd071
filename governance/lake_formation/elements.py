"""The elements of a state one by one: which of them stand in each other's place, which part of the account they belong to, their order.

Used by plans, which compare two states element by element, and by `apply.py`, which asks whether the part of the account that a
plan touches is still as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

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
    AccountState,
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
from metrics_catalog import canonical_json

COLLECTIONS = ("permissions", "filters", "tags", "tagged", "opt_ins", "registrations", "row_policies", "attachments")
"""The fields of a state that hold elements as sets; the settings are one element by themselves."""


def elements(state: AccountState) -> Iterator[Element]:
    """Everything of a state that a plan can change."""
    for name in COLLECTIONS:
        yield from getattr(state, name)
    yield state.settings


def changed(state: AccountState, gone: Iterable[Element], come: Iterable[Element]) -> AccountState:
    """A state without some elements and with others, over the same tables."""
    lost, new = _by_collection(gone), _by_collection(come)
    settings = next(iter(new.get("settings", ())), state.settings)
    fields_of = {name: (getattr(state, name) - lost.get(name, set())) | new.get(name, set()) for name in COLLECTIONS}
    return replace(state, settings=settings, **fields_of)


def _by_collection(found: Iterable[Element]) -> dict[str, set[Any]]:
    sets: dict[str, set[Any]] = {}
    for element in found:
        sets.setdefault(_COLLECTION_OF[type(element)], set()).add(element)
    return sets


_COLLECTION_OF: dict[type, str] = {
    Permission: "permissions",
    CellsFilter: "filters",
    Tag: "tags",
    Tagged: "tagged",
    OptIn: "opt_ins",
    Registration: "registrations",
    RowPolicy: "row_policies",
    Attachment: "attachments",
    Settings: "settings",
}


def place(element: Element) -> tuple[object, ...]:
    """Where it stands: two different elements in one place cannot both be there, so one replaces the other."""
    match element:
        case Permission():
            return ("permission", element.principal, element.resource, element.action, element.condition)
        case CellsFilter():
            return ("filter", element.database, element.table, element.name)
        case Tagged():
            return ("tagged", element.resource, element.key)
        case Tag():
            return ("tag", element.key)
        case Registration():
            return ("registration", element.arn)
        case RowPolicy():
            return ("row policy", element.name)
        case Settings():
            return ("settings",)
    return (type(element).__name__, element)


def table_of(resource: Resource) -> tuple[str, str] | None:
    """The table that a resource is, or is a part of; `*` stands for all of its database."""
    if isinstance(resource, Table):
        return resource.database, resource.name
    return (resource.database, resource.table) if isinstance(resource, (Columns, Filter)) else None


def database_of(element: Element) -> str | None:
    """The database that an element is about; None where it is about none, or about all."""
    if isinstance(element, (Permission, Tagged, OptIn)):
        on = element.resource
        if isinstance(on, (Table, Columns, Filter)):
            return on.database
        return on.name if isinstance(on, Database) else None
    return element.database or None if isinstance(element, (CellsFilter, Attachment)) else None


def table_of_element(element: Element) -> tuple[str, str] | None:
    """The table that an element is on; `*` for all of its database's."""
    if isinstance(element, (Permission, Tagged, OptIn)):
        return table_of(element.resource)
    return (element.database, element.table) if isinstance(element, (CellsFilter, Attachment)) and element.table else None


def part_of(element: Element) -> str:
    """The part of the account that an element is in: what must be as it was when a plan that touches the part was made.

    A table is a part, so that tables that are published meanwhile make no plan stale; what is on a whole database is another.
    """
    table = table_of_element(element)
    if table is not None and table[1] != EVERY_TABLE:
        return f"table {table[0]}.{table[1]}"
    database = database_of(element)
    if database is not None:
        return f"database {database}"
    match element:
        case Permission(resource=Catalog() | Other() | TagPolicy() | TagKey()):
            return f"permissions of {element.principal} on tags and on the catalog"
        case Permission(resource=Location(arn)) | Registration(arn):
            return f"location {arn}"
        case Tag():
            return f"tag {element.key}"
        case RowPolicy():
            return f"row policy {element.name}"
        case Settings():
            return "settings"
    return "other resources"


def parts_of(found: Iterable[Element]) -> set[str]:
    """All parts that some elements are in, and of each table its database's, since what is given there reaches the table."""
    parts: set[str] = set()
    tables: dict[tuple[str, str], Element] = {}
    for element in found:
        table = table_of_element(element)
        if table is None:
            parts.add(part_of(element))
        else:
            tables[table] = element
    parts |= {part_of(element) for element in tables.values()}
    return parts | {f"database {database}" for database, _ in tables}


def digests(state: AccountState, parts: Iterable[str]) -> dict[str, str]:
    """A digest of what the account holds in each of these parts."""
    wanted: dict[str, list[str]] = {part: [] for part in parts}
    by_table: dict[tuple[str, str], list[str] | None] = {}
    for element in elements(state) if wanted else ():
        table = table_of_element(element)
        if table is None:
            texts = wanted.get(part_of(element))
        elif table in by_table:
            texts = by_table[table]
        else:
            texts = by_table[table] = wanted.get(part_of(element))
        if texts is not None:
            texts.append(line_of(element))
    return {part: canonical_json.sha256("\n".join(sorted(texts)).encode()) for part, texts in sorted(wanted.items())}


def line_of(element: Element) -> str:
    """All of an element in one line; two elements have the same line only where they are equal.

    There may be hundreds of thousands of permissions and tags, and `repr` takes ten times as long.
    """
    if isinstance(element, Permission):
        said = f"{element.action!r} {element.grantable} {element.condition!r} {element.principal!r}"
        return f"Permission {said} {_told(element.resource)[2]}"
    if isinstance(element, Tagged):
        return f"Tagged {element.key!r} {element.value!r} {_told(element.resource)[2]}"
    return repr(element)


@lru_cache(maxsize=65_536)
def _told(on: Resource) -> tuple[str, str, str]:
    """Database and table of a resource, as far as it has them, and all of it in one line. Few resources stand in many permissions."""
    match on:
        case Database(name):
            return name, "", repr(on)
        case Table(database, name):
            return database, name, f"Table {database!r} {name!r}"
        case Filter(database, table, name):
            return database, table, f"Filter {database!r} {table!r} {name!r}"
        case Columns(database, table):
            return database, table, f"Columns {database!r} {table!r} {on.included!r} {on.excluded!r}"
    return "", "", repr(on)


def sort_key(element: Element) -> tuple[str, str, str, str, str]:
    """By database, table, principal and kind, then whatever is left: the same order in every run."""
    if isinstance(element, Permission):
        database, table, line = _told(element.resource)
        return database, table, element.principal, "Permission", f"{line} {element.action} {element.grantable} {element.condition}"
    if isinstance(element, Tagged):
        database, table, line = _told(element.resource)
        return database, table, "", "Tagged", f"{line} {element.key} {element.value}"
    if isinstance(element, OptIn):
        return *_told(element.resource)[:2], element.principal, "OptIn", line_of(element)
    named = (getattr(element, "database", ""), getattr(element, "table", ""), getattr(element, "principal", None) or "")
    return *named, type(element).__name__, line_of(element)


def as_json(value: Any) -> Any:
    """An element, or a part of one, as plain JSON; the name of its kind stands in `kind`. Nobody may change what it gives."""
    if isinstance(value, tuple):
        return [as_json(each) for each in value]
    kind = type(value).__name__
    if KINDS.get(kind) is not type(value):
        return value
    found: dict[str, Any] = {"kind": kind}
    for name in _FIELDS[kind]:
        fact = getattr(value, name)
        if fact is not None and fact is not False and fact != ():
            found[name] = _resource_json(fact) if name == "resource" else as_json(fact)
    return found


@lru_cache(maxsize=65_536)
def _resource_json(on: Resource) -> Any:
    """Few resources stand in many permissions."""
    return as_json(on)


KINDS = {
    kind.__name__: kind
    for kind in (
        *(Permission, CellsFilter, Tag, Tagged, OptIn, Registration, RowPolicy, Attachment, Settings),
        *(Catalog, Database, Table, Columns, Filter, Location, TagKey, TagPolicy, Other),
    )
}

_FIELDS = {name: tuple(field.name for field in fields(kind)) for name, kind in KINDS.items()}


def from_json(value: Any) -> Any:
    """What `as_json` wrote; raises ValueError for anything else."""
    if isinstance(value, list):
        return tuple(from_json(each) for each in value)
    if not isinstance(value, dict):
        return value
    kind = KINDS.get(str(value.get("kind")))
    if kind is None:
        raise ValueError(f"there is no kind `{value.get('kind')}`")
    facts = {name: from_json(fact) for name, fact in value.items() if name != "kind"}
    try:
        return kind(**facts)
    except TypeError as error:
        raise ValueError(f"a {kind.__name__} has other fields than {', '.join(sorted(facts))}") from error
