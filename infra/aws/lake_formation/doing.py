"""One call on an account: sent, tried again where another writer was faster, and its answer read as an `Outcome`.

A call that is already done counts as done, so that an apply may send a call again whose answer was lost. "Already there" is
believed only where what is there is what was asked for.
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

from governance.lake_formation.port import Outcome
from infra.aws.foreign import code_of, translated
from infra.aws.lake_formation.settings_document import put_settings
from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.lake_formation.port import Call
    from infra.aws.account import Aws

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.2
BUSY = frozenset(
    {
        "ConcurrentModificationException",
        "InternalServiceException",
        "OperationTimeoutException",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of a call, or of an entry of a batch, that a repetition may cure."""

NOTHING_THERE = ("No permissions revoked", "Grantee has no permissions")
"""What Lake Formation says of a revoke of what nobody has: the revoke is done."""


def do(aws: Aws, call: Call) -> Outcome:
    """Do one call. Raises an InfraError for what failed as a whole."""
    client, doing = aws.client(call.service), f"doing {call.operation}"
    with translated(doing):
        if call.operation == "PutDataLakeSettings":
            return Outcome(request_id=put_settings(client, call.parameters))
        if call.operation in ("BatchGrantPermissions", "BatchRevokePermissions"):
            return _batch(client, call)
        return _single(client, call)


def _batch(client: Any, call: Call) -> Outcome:
    """Entries that failed for a passing reason are sent again, alone; those that are done already are left out."""
    left = list(call.parameters["Entries"])
    failures: dict[str, tuple[str, str]] = {}
    for attempt in range(ATTEMPTS):
        answer = _patiently(client, call.operation, {**call.parameters, "Entries": left})
        found = {identifier: said for identifier, said in map(_failure, answer.get("Failures") or ()) if not _is_done(call, said)}
        failures = {identifier: said for identifier, said in failures.items() if said[0] not in BUSY} | found
        left = [entry for entry in left if found.get(entry["Id"], ("",))[0] in BUSY]
        if not left:
            break
        if attempt < ATTEMPTS - 1:
            _pause(attempt)
    return Outcome(failures, _request_id(answer))


def _single(client: Any, call: Call) -> Outcome:
    from botocore.exceptions import ClientError

    try:
        answer = _patiently(client, call.operation, call.parameters)
    except ClientError as error:
        said = (code_of(error), str(error.response.get("Error", {}).get("Message", "")))
        if not _is_done(call, said) and not (said[0] == "AlreadyExistsException" and _same_is_there(client, call)):
            raise
        answer = error.response
    failures = (_tag_failure(one) for one in answer.get("Failures") or ())
    return Outcome({key: said for key, said in failures if not _is_done(call, said)}, _request_id(answer))


def _patiently(client: Any, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sends again, with growing, random pauses, where another writer was faster; botocore itself repeats what was throttled."""
    from botocore.exceptions import ClientError

    for attempt in range(ATTEMPTS):
        try:
            return _send(client, operation, parameters)
        except ClientError as error:
            if code_of(error) not in BUSY or attempt == ATTEMPTS - 1:
                raise
        _pause(attempt)
    raise AssertionError("the last attempt returns or raises")


def _pause(attempt: int) -> None:
    time.sleep(random.SystemRandom().uniform(0.5, 1) * FIRST_PAUSE_SECONDS * 2**attempt)


def _send(client: Any, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    from botocore import xform_name

    name = xform_name(operation)
    if not hasattr(client, name):
        raise InfraError(
            f"The installed AWS library does not know the call {operation}. Nothing was changed by it.",
            hint="install the versions of Ringi's lock file, then run again. More: ringi explain RNG-INF-060",
        )
    answer: Mapping[str, Any] = getattr(client, name)(**parameters)
    return answer


def _failure(one: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    error = one.get("Error") or {}
    return str((one.get("RequestEntry") or {}).get("Id", "")), (str(error.get("ErrorCode", "")), str(error.get("ErrorMessage", "")))


def _tag_failure(one: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    error = one.get("Error") or {}
    return str((one.get("LFTag") or {}).get("TagKey", "")), (str(error.get("ErrorCode", "")), str(error.get("ErrorMessage", "")))


def _is_done(call: Call, said: tuple[str, str]) -> bool:
    """Whether what a call or an entry takes away was not there."""
    code, message = said
    if "Revoke" in call.operation and any(words in message for words in NOTHING_THERE):
        return True
    takes_away = "Revoke" in call.operation or call.operation.startswith(("Delete", "Detach", "Deregister", "Remove"))
    return takes_away and code == "EntityNotFoundException"  # nobody holds anything on what is not there


def _same_is_there(client: Any, call: Call) -> bool:
    """Whether what could not be made because of its name is there with exactly the content that was asked for."""
    wanted = call.parameters
    if call.operation == "CreateDataCellsFilter":
        data = wanted["TableData"]
        names = {key: data[key] for key in ("TableCatalogId", "DatabaseName", "TableName", "Name")}
        held = client.get_data_cells_filter(**names)["DataCellsFilter"]
        return _plain(held, without=("VersionId", "TableCatalogId")) == _plain(data, without=("VersionId", "TableCatalogId"))
    if call.operation == "CreateLFTag":
        held = client.get_lf_tag(**{key: wanted[key] for key in ("CatalogId", "TagKey") if key in wanted})
        return {value.lower() for value in wanted["TagValues"]} <= set(held["TagValues"])
    if call.operation == "CreateRLSPolicy":
        held = client.get_rls_policy(Name=wanted["Name"])["RLSPolicy"]
        return bool(held["FilterExpression"] == wanted["FilterExpression"])
    if call.operation == "RegisterResource":
        held = client.describe_resource(ResourceArn=wanted["ResourceArn"])["ResourceInfo"]
        same_role = "RoleArn" not in wanted or held.get("RoleArn") == wanted["RoleArn"]
        return same_role and bool(held.get("HybridAccessEnabled")) == bool(wanted.get("HybridAccessEnabled"))
    return call.operation in ("CreateLakeFormationOptIn", "AttachRLSPolicy")


def _plain(data: Mapping[str, Any], without: tuple[str, ...]) -> str:
    """A filter's content for comparing: an empty list, an empty exclusion and an absent one are the same."""
    kept = {key: value for key, value in data.items() if key not in without and value not in (None, [], {})}
    wildcard = "ColumnWildcard" in data and data["ColumnWildcard"] is not None and not data.get("ColumnNames")
    excluded = sorted((data.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())
    kept.update({"ColumnNames": sorted(data.get("ColumnNames") or ()), "ColumnWildcard": [wildcard, excluded]})
    return json.dumps(kept, sort_keys=True, default=str)


def _request_id(answer: Mapping[str, Any]) -> str | None:
    found = (answer.get("ResponseMetadata") or {}).get("RequestId")
    return None if found is None else str(found)
