"""Row-level security policies: conditions of the catalog, attached to tables by name or tag, for one principal or for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.conditions import need_condition
from tests.lab.lake_formation.faults import RefusedError, invalid, missing, there_already
from tests.lab.lake_formation.listing import paged
from tests.lab.lake_formation.place import Place, place_of, resource_of
from tests.lab.lake_formation.tags import matched

EVERYONE = ""


class Feature:
    """Not every account has these operations; the lab's has them unless it was told otherwise."""

    there = True


def create(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """CreateRLSPolicy."""
    _need_feature(here, "CreateRLSPolicy")
    name, columns = given["Name"], given["AttachmentColumns"]
    if name in here.account.policies:
        raise there_already(f"Row-level security policy already exists: {name}")
    need_condition(given["FilterExpression"], {column["Name"].lower(): column.get("Type") or "string" for column in columns})
    told = {"CatalogId": here.number, "Name": name, "AttachmentColumns": columns, "FilterExpression": given["FilterExpression"]}
    here.account.policies[name] = told
    return {}


def get(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetRLSPolicy."""
    _need_feature(here, "GetRLSPolicy")
    return {"RLSPolicy": _held(here, given["Name"])}


def update(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateRLSPolicy."""
    _need_feature(here, "UpdateRLSPolicy")
    held = _held(here, given["Name"])
    types = {column["Name"].lower(): column.get("Type") or "string" for column in held["AttachmentColumns"]}
    need_condition(given["FilterExpression"], types)
    held["FilterExpression"] = given["FilterExpression"]
    return {}


def delete(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteRLSPolicy; refused while it is attached."""
    _need_feature(here, "DeleteRLSPolicy")
    _held(here, given["Name"])
    if any(name == given["Name"] for name, _, _ in here.account.attachments):
        raise invalid(f"Row-level security policy {given['Name']} is attached to a resource.")
    del here.account.policies[given["Name"]]
    return {}


def listed(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListRLSPolicies."""
    _need_feature(here, "ListRLSPolicies")
    return paged([told for _, told in sorted(here.account.policies.items())], given, "RLSPolicies")


def attach(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """AttachRLSPolicy."""
    _need_feature(here, "AttachRLSPolicy")
    name, place, principal = key = _key(given)
    _held(here, name)
    if place.kind not in {"Table", "LFTagPolicy"}:
        raise invalid("Row-level security policies are attached to tables, by name or by tag.")
    if place.kind == "Table":
        here.catalog.table(place.database, place.table)
    default = bool(given.get("SetDefault"))
    if not principal and not default:
        raise invalid("Principal must be specified unless the policy becomes the default.")
    if key in here.account.attachments:
        raise there_already(f"Row-level security policy {name} is attached already.")
    who = {"Principal": {"DataLakePrincipalIdentifier": principal}} if principal else {}
    told = {"CatalogId": here.number, "PolicyName": name, **who, "Resource": resource_of(place, here.number), "DefaultRLSPolicy": default}
    here.account.attachments[key] = told
    return {}


def detach(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DetachRLSPolicy."""
    _need_feature(here, "DetachRLSPolicy")
    key = _key(given)
    if key not in here.account.attachments:
        raise missing(f"Row-level security policy {key[0]} is not attached to the resource.")
    del here.account.attachments[key]
    return {}


def attachments(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListRLSPolicyAttachments: all, or those of a resource, a principal or a policy."""
    _need_feature(here, "ListRLSPolicyAttachments")
    principal = (given.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    asked = place_of(given["Resource"]) if given.get("Resource") else None
    found = [
        told
        for (name, place, who), told in sorted(here.account.attachments.items())
        if principal in {None, who} and asked in {None, place} and given.get("PolicyName") in {None, name}
    ]
    return paged(found, given, "RLSPolicyAttachments")


def conditions(here: Here, principals: set[str], database: str, table: str) -> Iterator[str]:
    """The conditions that apply to these principals on a table; a table without the columns of one shows no row by it."""
    names = set(here.catalog.table(database, table).names)
    asked = Place("Table", database, table)
    for (name, place, who), told in sorted(here.account.attachments.items()):
        here_too = place == asked or (place.kind == "LFTagPolicy" and matched(here, place, asked) is not None)
        if here_too and (who in principals or told["DefaultRLSPolicy"]):
            policy = here.account.policies[name]
            needed = {column["Name"].lower() for column in policy["AttachmentColumns"]}
            yield policy["FilterExpression"] if needed <= names else "FALSE"


def forget(here: Here, database: str, table: str | None) -> None:
    """A table (or a whole database) is no more."""
    for key in list(here.account.attachments):
        if key[1].database == database and (table is None or key[1].table == table):
            del here.account.attachments[key]


def _need_feature(here: Here, doing: str) -> None:
    if not Feature.there:
        raise RefusedError("UnknownOperationException", f"{doing} is not available in this account.")
    here.need_administrator(doing)


def _key(given: Mapping[str, Any]) -> tuple[str, Place, str]:
    principal = (given.get("Principal") or {}).get("DataLakePrincipalIdentifier") or EVERYONE
    return given["Name"], place_of(given["Resource"]), principal


def _held(here: Here, name: str) -> dict[str, Any]:
    if name not in here.account.policies:
        raise missing(f"Row-level security policy {name} not found.")
    return here.account.policies[name]
