"""How permissions are told: explicit ones, or, where principal and resource are both named, effective ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.lab.lake_formation.account import IAM_ALLOWED, Held, Here
from tests.lab.lake_formation.faults import invalid
from tests.lab.lake_formation.permissions import ON_DATABASE, ON_TABLE
from tests.lab.lake_formation.place import EVERY, Place, all_columns, place_of, resource_of, some_columns
from tests.lab.lake_formation.tags import matched

LONGEST_PAGE = 1000
OF_TYPE: dict[str, tuple[str, str | None]] = {
    "CATALOG": ("Catalog", None),
    "DATABASE": ("Database", None),
    "DATA_LOCATION": ("DataLocation", None),
    "LF_TAG": ("LFTag", None),
    "LF_TAG_POLICY": ("LFTagPolicy", None),
    "LF_TAG_POLICY_DATABASE": ("LFTagPolicy", "DATABASE"),
    "LF_TAG_POLICY_TABLE": ("LFTagPolicy", "TABLE"),
    "LF_NAMED_TAG_EXPRESSION": ("LFTagExpression", None),
    "USER_DEFINED_FUNCTION": ("UserDefinedFunction", None),
    "ANY_RESOURCE": ("AnyResource", None),
}

Entry = tuple[str, Place, Held]


def list_permissions(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListPermissions."""
    principal = (given.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    resource, kind = given.get("Resource"), given.get("ResourceType")
    if principal and resource is None:
        raise invalid("Resource is mandatory if Principal is set in the input.")
    if resource is not None and resource.get("TableWithColumns") is not None:
        raise invalid("Resource must have either the catalog, table or database field populated.")
    place = None if resource is None else place_of(resource)
    related = str(given.get("IncludeRelated") or "FALSE").upper() == "TRUE"
    if related and principal:
        raise invalid("Principal must not be specified when related permissions are asked for.")
    if principal and place is not None:
        found = list(_effective(here, principal, place))
    else:
        found = [entry for entry in _explicit(here) if _of_type(entry[1], kind) and (place is None or _on(entry[1], place, related))]
    told = [_told(here, entry) for entry in found if here.sees_all or entry[0] == here.caller]
    return paged(told, given, "PrincipalResourcePermissions")


def paged(told: Sequence[Any], given: Mapping[str, Any], name: str, longest: int = LONGEST_PAGE) -> dict[str, Any]:
    """One page, as every list of the API tells it."""
    size = int(given.get("MaxResults") or longest)
    if not 1 <= size <= longest:
        raise invalid(f"MaxResults must be between 1 and {longest}.")
    start = _start(given.get("NextToken"), len(told))
    more = {"NextToken": f"at-{start + size}"} if start + size < len(told) else {}
    return {name: list(told[start : start + size]), **more}


def _start(token: str | None, size: int) -> int:
    if not token:
        return 0
    number = token.removeprefix("at-")
    if not number.isdigit() or int(number) > size:
        raise invalid("NextToken is not one that this operation gave.")
    return int(number)


def _explicit(here: Here) -> list[Entry]:
    entries = [(principal, place, held) for (principal, place), held in here.account.grants.items()]
    return sorted(entries, key=lambda entry: (entry[1], entry[0]))


def _of_type(place: Place, kind: str | None) -> bool:
    if kind is None:
        return True
    if kind == "TABLE":
        return place.kind in {"Table", "TableWithColumns"}
    if kind not in OF_TYPE:
        raise invalid(f"ResourceType {kind} is not known.")
    name, over = OF_TYPE[kind]
    return place.kind == name and (over is None or place.told["ResourceType"] == over)


def _on(held: Place, asked: Place, related: bool) -> bool:
    """Whether a permission is on the resource that was named; for a table, on its columns too, and, where asked, on its filters."""
    if asked.kind != "Table":
        return held == asked
    kinds = {"Table", "TableWithColumns", *(["DataCellsFilter"] if related else [])}
    return held.kind in kinds and (held.database, held.table) == (asked.database, asked.table)


def _effective(here: Here, principal: str, asked: Place) -> Iterator[Entry]:
    """What the principal holds on the resource by whatever way, told as if it were granted on the resource itself."""
    if asked.kind not in {"Table", "Database"}:
        yield from (entry for entry in _explicit(here) if entry[0] == principal and entry[1] == asked)
        return
    held, columns = Held(), Held()
    names: set[str] = set()
    whole = False
    for who, place, one in _explicit(here):
        if who != principal:
            continue
        if place.kind == "TableWithColumns" and place.database == asked.database and place.table in {asked.table, EVERY}:
            table = here.catalog.table(asked.database, asked.table) if asked.table != EVERY and not place.whole else None
            names |= {name for name in table.names if _covers(place, name)} if table else set()
            whole |= place.whole
            _add(columns, one, {"SELECT"})
        elif place == asked or (place.kind == asked.kind == "Table" and place == Place("Table", asked.database, EVERY)):
            _add(held, one)
        elif place.kind == "LFTagPolicy" and (found := matched(here, place, asked)) is not None:
            _add(held, one, ON_DATABASE if asked.kind == "Database" else ON_TABLE - {"SELECT"})
            if "SELECT" in one.permissions and found:
                names |= found
                _add(columns, one, {"SELECT"})
    if held.permissions:
        yield principal, asked, held
    if columns.permissions:
        full = whole or (asked.table != EVERY and names == set(here.catalog.table(asked.database, asked.table).names))
        place = all_columns(asked.database, asked.table) if full else some_columns(asked.database, asked.table, names)
        yield principal, place, columns


def _covers(place: Place, name: str) -> bool:
    return name in place.names if place.told["names"] is not None else name not in place.told["but"]


def _add(to: Held, one: Held, only: set[str] | frozenset[str] | None = None) -> None:
    to.permissions |= one.permissions if only is None else one.permissions & only
    to.grantable |= one.grantable if only is None else one.grantable & only
    to.at, to.by = max(to.at, one.at), one.by


def _told(here: Here, entry: Entry) -> dict[str, Any]:
    principal, place, held = entry
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource_of(place, here.number),
        "Permissions": _names(here, principal, place, held.permissions),
        "PermissionsWithGrantOption": _names(here, principal, place, held.grantable, grantable=True),
        "LastUpdated": held.at,
        "LastUpdatedBy": held.by,
    }


def _names(here: Here, principal: str, place: Place, held: set[str], *, grantable: bool = False) -> list[str]:
    """In order; with ALL where everything that ALL stands for is held."""
    everything = _everything(here, principal, place, held, grantable)
    return sorted(held | ({"ALL"} if everything else set()))


def _everything(here: Here, principal: str, place: Place, held: set[str], grantable: bool) -> bool:
    if principal == IAM_ALLOWED or place.kind not in {"Table", "Database"}:
        return False
    if place.kind == "Database":
        return held >= ON_DATABASE
    select = here.account.grants.get((principal, all_columns(place.database, place.table)))
    selecting = select is not None and "SELECT" in (select.grantable if grantable else select.permissions)
    return selecting and held >= ON_TABLE - {"SELECT"}
