"""All that the lab's Lake Formation remembers of one account, and who is asking."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.lake_formation.catalog import Catalog
from tests.lab.lake_formation.faults import denied
from tests.lab.lake_formation.place import Place

IAM_ALLOWED = "IAM_ALLOWED_PRINCIPALS"
OPEN_TO_IAM = [{"Principal": {"DataLakePrincipalIdentifier": IAM_ALLOWED}, "Permissions": ["ALL"]}]


@dataclass(slots=True)
class Held:
    """What one principal holds on one place. `grantable` is a part of `permissions`."""

    permissions: set[str] = field(default_factory=set)
    grantable: set[str] = field(default_factory=set)
    at: float = 0.0
    by: str = ""


@dataclass(slots=True)
class OptedIn:
    """When and by whom a principal was opted in."""

    at: float
    by: str


def fresh_settings() -> dict[str, Any]:
    """The settings of an account that nobody has touched: everything is left to IAM."""
    return {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": list(OPEN_TO_IAM),
        "CreateTableDefaultPermissions": list(OPEN_TO_IAM),
        "Parameters": {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "ExternalDataFilteringAllowList": [],
    }


@dataclass(slots=True)
class Account:
    """One account in one region. `creators` tells who made a database or table."""

    settings: dict[str, Any] = field(default_factory=fresh_settings)
    grants: dict[tuple[str, Place], Held] = field(default_factory=dict)
    filters: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    opt_ins: dict[tuple[str, Place], OptedIn] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    expressions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tagged: dict[Place, dict[str, str]] = field(default_factory=dict)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    attachments: dict[tuple[str, Place, str], dict[str, Any]] = field(default_factory=dict)
    creators: dict[Place, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Here:
    """One request: the account it is about, the Glue catalog, and the caller. `owner` is the lab's own credentials, which may all."""

    account: Account
    catalog: Catalog
    number: str
    caller: str
    owner: bool = False
    now: float = field(default_factory=time.time)

    def as_caller(self, arn: str) -> Here:
        """The same for another caller."""
        return Here(self.account, self.catalog, self.number, arn, owner=False, now=self.now)

    @property
    def administers(self) -> bool:
        """Whether the caller may change anything."""
        return self.owner or self.caller in _named(self.account.settings, "DataLakeAdmins")

    @property
    def sees_all(self) -> bool:
        """Whether the caller is shown everyone's permissions."""
        return self.administers or self.caller in _named(self.account.settings, "ReadOnlyAdmins")

    def need_administrator(self, doing: str) -> None:
        if not self.administers:
            raise denied(f"User: {self.caller} is not authorized to perform: lakeformation:{doing}; not a data lake administrator")

    def made(self, place: Place) -> bool:
        """Whether the caller made this database or table."""
        return self.account.creators.get(place) == self.caller


def _named(settings: Mapping[str, Any], field_name: str) -> set[str]:
    return {each["DataLakePrincipalIdentifier"] for each in settings.get(field_name) or ()}
