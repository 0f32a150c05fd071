"""The face of the lab's Lake Formation: takes the place of moto's for every operation it has, and refuses the others by name."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import moto.lakeformation.urls
from botocore.loaders import Loader
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores
from moto.glue.models import glue_backends

from tests.lab.caller import caller_arn, is_owner
from tests.lab.lake_formation import filters, listing, opt_ins, permissions, registrations, row_policies, settings, tags
from tests.lab.lake_formation.account import Account, Here
from tests.lab.lake_formation.catalog import Catalog
from tests.lab.lake_formation.faults import invalid

Operation = Callable[[Here, Mapping[str, Any]], dict[str, Any]]

ONE_AT_A_TIME = threading.RLock()
"""The server answers many requests at once; what they remember is changed by one of them at a time."""

OPERATIONS: dict[str, Operation] = {
    "GrantPermissions": permissions.grant,
    "RevokePermissions": permissions.revoke,
    "BatchGrantPermissions": permissions.batch_grant,
    "BatchRevokePermissions": permissions.batch_revoke,
    "ListPermissions": listing.list_permissions,
    "CreateDataCellsFilter": filters.create,
    "GetDataCellsFilter": filters.get,
    "UpdateDataCellsFilter": filters.update,
    "DeleteDataCellsFilter": filters.delete,
    "ListDataCellsFilter": filters.listed,
    "CreateLakeFormationOptIn": opt_ins.create,
    "DeleteLakeFormationOptIn": opt_ins.delete,
    "ListLakeFormationOptIns": opt_ins.listed,
    "CreateLFTag": tags.create,
    "GetLFTag": tags.get,
    "UpdateLFTag": tags.update,
    "DeleteLFTag": tags.delete,
    "ListLFTags": tags.listed,
    "AddLFTagsToResource": tags.add,
    "RemoveLFTagsFromResource": tags.remove,
    "GetResourceLFTags": tags.of_resource,
    "CreateLFTagExpression": tags.create_expression,
    "DeleteLFTagExpression": tags.delete_expression,
    "ListLFTagExpressions": tags.expressions,
    "CreateRLSPolicy": row_policies.create,
    "GetRLSPolicy": row_policies.get,
    "UpdateRLSPolicy": row_policies.update,
    "DeleteRLSPolicy": row_policies.delete,
    "ListRLSPolicies": row_policies.listed,
    "AttachRLSPolicy": row_policies.attach,
    "DetachRLSPolicy": row_policies.detach,
    "ListRLSPolicyAttachments": row_policies.attachments,
    "GetDataLakeSettings": settings.get,
    "PutDataLakeSettings": settings.put,
    "RegisterResource": registrations.register,
    "UpdateResource": registrations.update,
    "DeregisterResource": registrations.deregister,
    "DescribeResource": registrations.describe,
    "ListResources": registrations.listed,
    "GetDataLakePrincipal": lambda here, given: {"Identity": here.caller},
}


class LakeFormationMemory(BaseBackend):
    """One account's memory; moto empties it with everything else."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.account = Account()


memories = BackendDict(LakeFormationMemory, "lakeformation")


def here_of(response: BaseResponse) -> Here:
    """The account that a request is about, and who asks."""
    number, region = response.current_account, response.region
    authorization = str(response.headers.get("Authorization", ""))
    account = memories[number][region].account
    return Here(account, Catalog(glue_backends[number][region]), number, caller_arn(authorization, number), is_owner(authorization))


class LabLakeFormationResponse(BaseResponse):
    """Every operation is a method that `taught` adds."""

    def __init__(self) -> None:
        super().__init__(service_name="lakeformation")


def _answered(name: str, operation: Operation) -> Callable[[LabLakeFormationResponse], str]:
    def method(self: LabLakeFormationResponse) -> str:
        given = json.loads(self.body or "{}")
        here = here_of(self)
        if given.get("CatalogId") not in {None, here.number}:
            raise invalid("The lab has one account and one catalog.")
        with ONE_AT_A_TIME:
            return json.dumps(operation(here, given))

    method.__name__ = name
    return method


def serve() -> None:
    """Put this Lake Formation in the place of moto's; the other operations of the API answer that they are not there."""
    for name, operation in OPERATIONS.items():
        method = camelcase_to_underscores(name)
        setattr(LabLakeFormationResponse, method, _answered(method, operation))
    model = Loader().load_service_model("lakeformation", "service-2")
    response = LabLakeFormationResponse()
    moto.lakeformation.urls.url_paths = {f"{{0}}/{name}$": response.dispatch for name in model["operations"]}
