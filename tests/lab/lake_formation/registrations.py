"""Places in S3 that are registered: Lake Formation decides about the tables that lie there, for all or, hybrid, for some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.faults import invalid, missing, there_already
from tests.lab.lake_formation.listing import paged

LINKED = "aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
KEPT = ("WithFederation", "HybridAccessEnabled", "WithPrivilegedAccess", "ExpectedResourceOwnerAccount")


def register(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """RegisterResource."""
    here.need_administrator("RegisterResource")
    arn, role = given["ResourceArn"], given.get("RoleArn")
    if arn in here.account.registered:
        raise there_already("Resource is already registered")
    if bool(role) == bool(given.get("UseServiceLinkedRole")):
        raise invalid("Either RoleArn or UseServiceLinkedRole must be specified, and not both.")
    told = {"ResourceArn": arn, "RoleArn": role or f"arn:aws:iam::{here.number}:role/{LINKED}", "LastModified": here.now}
    here.account.registered[arn] = told | {name: given[name] for name in KEPT if given.get(name) is not None}
    return {}


def update(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateResource; refused for what the service-linked role reads."""
    here.need_administrator("UpdateResource")
    held = _held(here, given)
    if held["RoleArn"].endswith(LINKED):
        raise invalid("A resource registered with the service-linked role cannot be updated.")
    held |= {"RoleArn": given["RoleArn"], "LastModified": here.now} | {name: given[name] for name in KEPT if given.get(name) is not None}
    return {}


def deregister(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeregisterResource."""
    here.need_administrator("DeregisterResource")
    _held(here, given)
    del here.account.registered[given["ResourceArn"]]
    return {}


def describe(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeResource."""
    return {"ResourceInfo": _held(here, given)}


def listed(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListResources, and those of its filters that compare whole ARNs."""
    found = [told for _, told in sorted(here.account.registered.items())]
    for condition in given.get("FilterConditionList") or ():
        field = {"RESOURCE_ARN": "ResourceArn", "ROLE_ARN": "RoleArn"}.get(condition["Field"])
        if condition["ComparisonOperator"] not in {"EQ", "IN"} or field is None:
            raise invalid(f"The lab does not filter resources by {condition['Field']} {condition['ComparisonOperator']}.")
        found = [told for told in found if told[field] in condition["StringValueList"]]
    return paged(found, given, "ResourceInfoList")


def covering(here: Here, location: str) -> dict[str, Any] | None:
    """The registration that a place in S3 (`s3://…`) lies below, the nearest one; None where there is none."""
    path = "arn:aws:s3:::" + location.partition("://")[2].rstrip("/") + "/"
    above = [arn for arn in here.account.registered if path.startswith(arn.rstrip("/").removesuffix("/*") + "/")]
    return here.account.registered[max(above, key=len)] if location and above else None


def _held(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    if given["ResourceArn"] not in here.account.registered:
        raise missing("Entity not found")
    return here.account.registered[given["ResourceArn"]]
