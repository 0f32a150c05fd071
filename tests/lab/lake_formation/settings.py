"""The data lake settings: one document, replaced as a whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.lab.lake_formation.account import OPEN_TO_IAM, Here
from tests.lab.lake_formation.faults import invalid

LONGEST_LIST = 30
PEOPLE = ("DataLakeAdmins", "ReadOnlyAdmins", "ExternalDataFilteringAllowList")
DEFAULTS = ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
EMPTY: dict[str, Any] = {
    "DataLakeAdmins": [],
    "ReadOnlyAdmins": [],
    "CreateDatabaseDefaultPermissions": [],
    "CreateTableDefaultPermissions": [],
    "Parameters": {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"},
    "TrustedResourceOwners": [],
    "AllowExternalDataFiltering": False,
    "ExternalDataFilteringAllowList": [],
}
"""What a field becomes that a document leaves out."""


def get(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetDataLakeSettings."""
    return {"DataLakeSettings": here.account.settings}


def put(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """PutDataLakeSettings: what the document leaves out is lost."""
    here.need_administrator("PutDataLakeSettings")
    told = given["DataLakeSettings"]
    for name in PEOPLE:
        if len(told.get(name) or ()) > LONGEST_LIST:
            raise invalid(f"{name} must have at most {LONGEST_LIST} members.")
    for name in DEFAULTS:
        if (told.get(name) or []) not in ([], OPEN_TO_IAM):
            raise invalid(f"{name} must be empty, or give ALL to IAM_ALLOWED_PRINCIPALS.")
    parameters = {**EMPTY["Parameters"], **(told.get("Parameters") or {})}
    if parameters["CROSS_ACCOUNT_VERSION"] not in {"1", "2", "3", "4", "5"}:
        raise invalid("CROSS_ACCOUNT_VERSION must be 1, 2, 3, 4 or 5.")
    given_fields = {name: value for name, value in told.items() if value is not None}
    here.account.settings = {**copy.deepcopy(EMPTY), **given_fields, "Parameters": parameters}
    return {}
