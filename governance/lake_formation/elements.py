"""The elements of a state one by one: which of them stand in each other's place, which part of the account they belong to, their order.

Used by plans, which compare two states element by element, and by `apply.py`, which asks whether the part of the account that a
plan touches is still as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import chain
from typing import Any

from governance.lake_formation.resource import Catalog, Columns, Database, Filter, Location, Other, Resource, Table, TagKey, TagPolicy
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


def elements(state: AccountState) -> Iterator[Element]:
    """Everything of a state that a plan can change."""
    yield from chain(state.permissions, state.filters, state.tags, state.tagged, state.opt_ins, state.registrations)
    yield from chain(state.row_policies, state.attachments)
    yield state.settings


def of_elements(state: AccountState, found: set[Element]) -> AccountState:
    """A state with other elements over the same tables."""
    return replace(
        state,
        permissions=frozenset(each for each in found if isinstance(each, Permission)),
        filters=frozenset(each for each in found if isinstance(each, CellsFilter)),
        tags=frozenset(each for each in found if isinstance(each, Tag)),
        tagged=frozenset(each for each in found if isinstance(each, Tagged)),
        opt_ins=frozenset(each for each in found if isinstance(each, OptIn)),
        registrations=frozenset(each for each in found if isinstance(each, Registration)),
        row_policies=frozenset(each for each in found if isinstance(each, RowPolicy)),
        attachments=frozenset(each for each in found if isinstance(each, Attachment)),
        settings=next((each for each in found if isinstance(each, Settings)), state.settings),
    )


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
    match resource:
        case Table():
            return resource.database, resource.name
        case Columns() | Filter():
            return resource.database, resource.table
    return None


def database_of(element: Element) -> str | None:
    """The database that an element is about; None where it is about none, or about all."""
    match element:
        case Permission() | Tagged() | OptIn():
            return _database_of(element.resource)
        case CellsFilter() | Attachment():
            return element.database or None
    return None


def _database_of(resource: Resource) -> str | None:
    if isinstance(resource, Database):
        return resource.name
    found = table_of(resource)
    return found[0] if found else None


def part_of(element: Element) -> str:
    """The part of the account whose state must be as it was when a plan that touches this element was made."""
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


def digests(state: AccountState, parts: Iterable[str]) -> dict[str, str]:
    """A digest of what the account holds in each of these parts."""
    wanted: dict[str, list[str]] = {part: [] for part in parts}
    for element in elements(state):
        texts = wanted.get(part_of(element))
        if texts is not None:
            texts.append(repr(element))
    return {part: canonical_json.sha256("\n".join(sorted(texts)).encode()) for part, texts in sorted(wanted.items())}


def sort_key(element: Element) -> tuple[str, ...]:
    """By database, table, principal and kind, then whatever is left: the same order in every run."""
    resource = getattr(element, "resource", None)
    table = table_of(resource) if resource is not None else (getattr(element, "database", ""), getattr(element, "table", ""))
    named = table or (database_of(element) or "", "")
    return (*named, getattr(element, "principal", None) or "", type(element).__name__, repr(element))


def as_json(value: Any) -> Any:
    """An element, or a part of one, as plain JSON; the name of its kind stands in `kind`."""
    if is_dataclass(value) and not isinstance(value, type):
        facts = {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__, **{name: fact for name, fact in facts.items() if fact not in (None, [], False)}}
    return [as_json(each) for each in value] if isinstance(value, tuple) else value


KINDS = {
    kind.__name__: kind
    for kind in (
        *(Permission, CellsFilter, Tag, Tagged, OptIn, Registration, RowPolicy, Attachment, Settings),
        *(Catalog, Database, Table, Columns, Filter, Location, TagKey, TagPolicy, Other),
    )
}


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
