"""Hybrid access: the principals for whom Lake Formation decides about a database or table whose location is registered so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.lab.lake_formation.account import Here, OptedIn
from tests.lab.lake_formation.faults import invalid, missing
from tests.lab.lake_formation.listing import paged
from tests.lab.lake_formation.place import EVERY, Place, place_of, resource_of

KINDS = {"Catalog", "Database", "Table"}


def create(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """CreateLakeFormationOptIn; only administrators, and again is as once."""
    here.need_administrator("CreateLakeFormationOptIn")
    key = _key(given)
    if key[1].kind not in KINDS:
        raise invalid("Only catalogs, databases and tables can be opted in.")
    if key[1].database:
        here.catalog.need_database(key[1].database)
    if key[1].table and key[1].table != EVERY:
        here.catalog.table(key[1].database, key[1].table)
    here.account.opt_ins.setdefault(key, OptedIn(here.now, here.caller))
    return {}


def delete(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteLakeFormationOptIn."""
    here.need_administrator("DeleteLakeFormationOptIn")
    key = _key(given)
    if key not in here.account.opt_ins:
        raise missing("The principal is not opted in to the resource.")
    del here.account.opt_ins[key]
    return {}


def listed(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListLakeFormationOptIns: all, or those of a principal, of a resource, or of both."""
    principal = (given.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    asked = place_of(given["Resource"]) if given.get("Resource") else None
    told = [
        {
            "Principal": {"DataLakePrincipalIdentifier": who},
            "Resource": resource_of(place, here.number),
            "LastModified": opted.at,
            "LastUpdatedBy": opted.by,
        }
        for (who, place), opted in sorted(here.account.opt_ins.items(), key=lambda item: (item[0][1], item[0][0]))
        if principal in {None, who} and asked in {None, place}
    ]
    return paged(told, given, "LakeFormationOptInsInfoList")


def is_in(here: Here, principal: str, database: str, table: str) -> bool:
    """Whether Lake Formation decides for the principal about this table."""
    places = (Place("Table", database, table), Place("Table", database, EVERY), Place("Catalog"))
    return any((principal, place) in here.account.opt_ins for place in places)


def forget(here: Here, database: str, table: str | None) -> None:
    """A table (or a whole database) is no more."""
    for who, place in list(here.account.opt_ins):
        if place.database == database and (table is None or place.table == table):
            del here.account.opt_ins[who, place]


def _key(given: Mapping[str, Any]) -> tuple[str, Place]:
    principal = str(given["Principal"].get("DataLakePrincipalIdentifier") or "")
    if not principal.startswith("arn:"):
        raise invalid("Supported principals are IAM users and IAM roles.")
    return principal, place_of(given["Resource"])
