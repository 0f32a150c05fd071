"""Granting and revoking, one by one and in batches whose entries fail one by one.

SELECT on a table is kept as SELECT on all of its columns, as the API tells it; ALL is kept as the permissions it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.lab.lake_formation.account import IAM_ALLOWED, Held, Here
from tests.lab.lake_formation.faults import RefusedError, denied, invalid, missing
from tests.lab.lake_formation.place import EVERY, Place, all_columns, place_of, some_columns

ON_TABLE = frozenset({"SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"})
ON_DATABASE = frozenset({"ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})
MEANS = {"Table": ON_TABLE, "Database": ON_DATABASE}
"""What ALL stands for."""
FITTING: dict[str, frozenset[str]] = {
    "Catalog": frozenset({"CREATE_DATABASE", "CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION", "CREATE_CATALOG", "DESCRIBE", "ALTER", "DROP"}),
    "Database": ON_DATABASE | {"ALL"},
    "Table": ON_TABLE | {"ALL"},
    "TableWithColumns": frozenset({"SELECT"}),
    "DataLocation": frozenset({"DATA_LOCATION_ACCESS"}),
    "DataCellsFilter": frozenset({"SELECT", "DESCRIBE", "ALTER", "DROP"}),
    "LFTag": frozenset({"ASSOCIATE", "DESCRIBE", "ALTER", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "AnyResource": ON_TABLE | {"ALL"},
}
LONGEST_BATCH = 20
FILTERS_A_PRINCIPAL = 100
"""Permissions on filters of one table."""
GROUPS = {IAM_ALLOWED}

Parts = dict[Place, tuple[frozenset[str], frozenset[str]]]
"""Permissions and those with grant option, by the place that they are kept on."""


def grant(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GrantPermissions."""
    principal, parts = _asked(here, given)
    _allowed(here, parts)
    for place, (permissions, grantable) in parts.items():
        _no_clash(here, principal, place, permissions)
        _not_too_many(here, principal, place)
        _keep(here, principal, _joined(here, principal, place, permissions), permissions, grantable)
    return {}


def revoke(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """RevokePermissions; refused where there is nothing to revoke, in the words that Terraform's provider waits for."""
    principal, parts = _asked(here, given)
    _allowed(here, parts)
    if not [place for place, (permissions, grantable) in parts.items() if _take(here, principal, place, permissions, grantable)]:
        raise invalid("No permissions revoked. Grantee has no permissions to be revoked.")
    return {}


def batch_grant(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """BatchGrantPermissions."""
    return _batch(here, given, grant)


def batch_revoke(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """BatchRevokePermissions."""
    return _batch(here, given, revoke)


def grant_by_default(here: Here, place: Place, defaults: list[dict[str, Any]]) -> None:
    """What a new database or table gives, from the settings."""
    for each in defaults:
        principal = each["Principal"]["DataLakePrincipalIdentifier"]
        for where, (permissions, _) in _parts(principal, place, frozenset(each["Permissions"]), frozenset()).items():
            _keep(here, principal, where, permissions, frozenset())


def forget(here: Here, database: str, table: str | None) -> None:
    """A table (or a whole database) is no more: what was granted on it goes with it."""
    for principal, place in list(here.account.grants):
        if place.database == database and (table is None or place.table == table):
            del here.account.grants[principal, place]


def _batch(here: Here, given: Mapping[str, Any], do: Callable[[Here, Mapping[str, Any]], object]) -> dict[str, Any]:
    entries = given.get("Entries") or []
    if not 1 <= len(entries) <= LONGEST_BATCH:
        raise invalid(f"Entries must have 1 to {LONGEST_BATCH} members, and has {len(entries)}.")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise invalid("Duplicate Id in the entries of the batch.")
    failures = []
    for entry in entries:
        try:
            do(here, entry)
        except RefusedError as fault:
            failures.append({"RequestEntry": entry, "Error": {"ErrorCode": fault.wrong, "ErrorMessage": fault.said}})
    return {"Failures": failures}


def _asked(here: Here, given: Mapping[str, Any]) -> tuple[str, Parts]:
    if given.get("Condition"):
        raise invalid("The lab evaluates no conditions.")
    principal = str((given.get("Principal") or {}).get("DataLakePrincipalIdentifier") or "")
    if not (principal in GROUPS or principal.startswith("arn:") or principal.endswith(":IAMPrincipals") or principal.isdigit()):
        raise invalid(f"Invalid principal, {principal}")
    place = place_of(given.get("Resource") or {})
    permissions, grantable = frozenset(given.get("Permissions") or ()), frozenset(given.get("PermissionsWithGrantOption") or ())
    _fitting(place, permissions | grantable)
    _there(here, place)
    if not permissions | grantable:
        raise invalid("Permissions must not be empty.")
    return principal, _parts(principal, place, permissions, grantable)


def _parts(principal: str, place: Place, permissions: frozenset[str], grantable: frozenset[str]) -> Parts:
    """Where the API keeps what was asked for."""
    if principal == IAM_ALLOWED and "ALL" in permissions:
        return {place: (frozenset({"ALL"}), frozenset())}
    means = MEANS.get(_kind(place), frozenset())
    given = [kind - {"ALL"} | (means if "ALL" in kind else frozenset()) for kind in (permissions, grantable)]
    if place.kind != "Table" or not any("SELECT" in kind for kind in given):
        return {place: (given[0], given[1])}
    select = frozenset({"SELECT"})
    whole = {all_columns(place.database, place.table): (given[0] & select, given[1] & select)}
    rest = (given[0] - select, given[1] - select)
    return whole | ({place: rest} if any(rest) else {})


def _kind(place: Place) -> str:
    if place.kind == "LFTagPolicy":
        return "Database" if place.told["ResourceType"] == "DATABASE" else "Table"
    return "Table" if place.kind == "AnyResource" else place.kind


def _fitting(place: Place, permissions: frozenset[str]) -> None:
    if wrong := sorted(permissions - FITTING[_kind(place)]):
        raise invalid(f"Permissions {', '.join(wrong)} are not valid for a resource of type {place.kind}.")


def _there(here: Here, place: Place) -> None:
    """Refuse what names something that is not there."""
    account, catalog = here.account, here.catalog
    if place.database:
        catalog.need_database(place.database)
    if place.table and place.table != EVERY:
        table = catalog.table(place.database, place.table)
        named = {*place.names, *(place.told["but"] if place.kind == "TableWithColumns" else ())}
        if unknown := sorted(named - set(table.names)):
            raise missing(f"Column {', '.join(unknown)} not found in table {place.database}.{place.table}.")
        if place.kind == "DataCellsFilter" and (place.database, place.table, place.told) not in account.filters:
            raise missing(f"Data cells filter {place.told} not found on table {place.database}.{place.table}.")
    if place.kind == "DataLocation" and not any(_below(place.told, arn) for arn in account.registered):
        raise invalid(f"Resource {place.told} is not registered with Lake Formation.")
    for tag in [place.told] if place.kind == "LFTag" else place.told.get("Expression", ()) if place.kind == "LFTagPolicy" else ():
        known = account.tags.get(tag["TagKey"])
        if known is None or not set(tag["TagValues"]) <= {*known, "*"}:
            raise missing("Tag or tag value does not exist.")


def _below(arn: str, registered: str) -> bool:
    return arn == registered or arn.startswith(registered.rstrip("/") + "/")


def _allowed(here: Here, parts: Parts) -> None:
    """An administrator may grant everything, a creator on what it made, others what they hold with grant option."""
    if here.administers:
        return
    for place, (permissions, grantable) in parts.items():
        held = here.account.grants.get((here.caller, place))
        rights = held.grantable if held else set()
        if place.kind == "TableWithColumns" and not rights:
            whole = here.account.grants.get((here.caller, all_columns(place.database, place.table)))
            rights = whole.grantable if whole else set()
        if not here.made(Place("Table", place.database, place.table)) and not permissions | grantable <= rights:
            raise denied(f"Insufficient Lake Formation permission(s): grant option is required on {place.database}.{place.table}")


def _no_clash(here: Here, principal: str, place: Place, permissions: frozenset[str]) -> None:
    """Whole table and some of its columns exclude one another for one principal."""
    if place.kind != "TableWithColumns" or "SELECT" not in permissions:
        return
    for who, held in here.account.grants:
        same = who == principal and held.kind == place.kind and (held.database, held.table) == (place.database, place.table)
        if same and held != place and not (held.names and place.names):
            raise invalid("Permissions modification is invalid.")


def _not_too_many(here: Here, principal: str, place: Place) -> None:
    def like(one: Place) -> bool:
        return one.kind == "DataCellsFilter" and one != place and (one.database, one.table) == (place.database, place.table)

    held = [one for who, one in here.account.grants if who == principal and like(one)]
    if place.kind == "DataCellsFilter" and len(held) >= FILTERS_A_PRINCIPAL:
        name = f"{place.database}.{place.table}"
        raise RefusedError("ResourceNumberLimitExceededException", f"At most {FILTERS_A_PRINCIPAL} data filters a principal on {name}.")


def _joined(here: Here, principal: str, place: Place, permissions: frozenset[str]) -> Place:
    """Columns listed for one principal and table are one list."""
    if not place.names or "SELECT" not in permissions:
        return place
    for who, held in list(here.account.grants):
        if who == principal and held.names and (held.database, held.table) == (place.database, place.table) and held != place:
            joined = some_columns(place.database, place.table, held.names | place.names)
            here.account.grants[principal, joined] = here.account.grants.pop((principal, held))
            return joined
    return place


def _keep(here: Here, principal: str, place: Place, permissions: frozenset[str], grantable: frozenset[str]) -> None:
    held = here.account.grants.setdefault((principal, place), Held())
    held.permissions |= permissions | grantable
    held.grantable |= grantable
    held.at, held.by = here.now, here.caller


def _take(here: Here, principal: str, place: Place, permissions: frozenset[str], grantable: frozenset[str]) -> bool:
    """Whether anything went. A permission goes with its grant option."""
    place = _split(here, principal, place)
    held = here.account.grants.get((principal, place))
    if held is None or not (held.permissions & permissions or held.grantable & grantable):
        return False
    held.permissions -= permissions
    held.grantable -= permissions | grantable
    held.at, held.by = here.now, here.caller
    if not held.permissions:
        del here.account.grants[principal, place]
    return True


def _split(here: Here, principal: str, place: Place) -> Place:
    """Where some of the listed columns are to go, these become an entry of their own."""
    for who, held in list(here.account.grants):
        same = who == principal and held.names and (held.database, held.table) == (place.database, place.table)
        if same and place.names and held != place and (gone := held.names & place.names):
            was = here.account.grants.pop((principal, held))
            if rest := held.names - gone:
                here.account.grants[principal, some_columns(place.database, place.table, rest)] = was
            part = some_columns(place.database, place.table, gone)
            here.account.grants[principal, part] = Held(set(was.permissions), set(was.grantable), was.at, was.by)
            return part
    return place
