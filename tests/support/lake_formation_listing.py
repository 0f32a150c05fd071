"""How Lake Formation lists what was granted to it: in other words than it was told (see docs/access/lake-formation.md, and its evidence).

SELECT on a table comes apart as a column wildcard; all tables are a table called ALL_TABLES; ALL comes with what it implies, and in
the place of all that it implies; lists are in any order.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from governance.lake_formation.api.canonical import DATABASE_ACTIONS, TABLE_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from random import Random

    from governance.lake_formation.port import Call

EVERY = "ALL_TABLES"


def listed(calls: Iterable[Call], random: Random) -> list[dict[str, Any]]:
    """The entries of ListPermissions after these grants, in any order."""
    found = [entry for call in calls for given in call.parameters["Entries"] for entry in _apart(given, random)]
    random.shuffle(found)
    return found


def _apart(given: Mapping[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    ((kind, inner),) = given["Resource"].items()
    actions = _told(kind, set(given.get("Permissions", ())))
    grantable = _told(kind, set(given.get("PermissionsWithGrantOption", ())))
    common = {key: given[key] for key in ("Principal", "Condition") if key in given}
    by_resource: dict[bool, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for action in actions:
        by_resource[kind == "Table" and action == "SELECT"][0].add(action)
    for action in grantable:
        by_resource[kind == "Table" and action == "SELECT"][1].add(action)
    for as_columns, (some, handed) in by_resource.items():
        on = _as_columns(inner) if as_columns else {kind: _named(kind, inner)}
        yield {"Resource": on, "Permissions": _mixed(some, random), "PermissionsWithGrantOption": _mixed(handed, random), **common}


def _told(kind: str, actions: set[str]) -> set[str]:
    parts = TABLE_ACTIONS if kind == "Table" else DATABASE_ACTIONS if kind == "Database" else frozenset[str]()
    if parts and ("ALL" in actions or parts <= actions):
        return {"ALL", *parts, *actions}
    return actions


def _named(kind: str, inner: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(inner)
    if kind == "Table" and "TableWildcard" in told:
        told["Name"] = EVERY
    if kind == "TableWithColumns" and not (told.get("ColumnWildcard") or {"": 1}):
        told["ColumnWildcard"] = {"ExcludedColumnNames": None}
    return told


def _as_columns(inner: Mapping[str, Any]) -> dict[str, Any]:
    place = {key: inner[key] for key in ("CatalogId", "DatabaseName") if key in inner}
    return {"TableWithColumns": {**place, "Name": inner.get("Name", EVERY), "ColumnWildcard": {}}}


def _mixed(names: set[str], random: Random) -> list[str]:
    return random.sample(sorted(names), len(names))
