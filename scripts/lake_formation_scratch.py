"""What `check_lake_formation.py` works with: a database, a view and two roles of its own, made before the checks and removed after."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

PATIENCE_SECONDS = 30.0
"""A new role is known to Lake Formation some seconds after IAM made it."""
COLUMNS = [{"Name": "title_id", "Type": "string"}, {"Name": "plays", "Type": "bigint"}, {"Name": "viewing_date", "Type": "date"}]


@dataclass(frozen=True, slots=True)
class Scratch:
    """The account through its clients, and the names of what was made in it. `name` is the database's and begins every other name."""

    lf: Any
    glue: Any
    account: str
    name: str
    reader: str
    other: str

    @property
    def database(self) -> dict[str, Any]:
        return {"Database": {"Name": self.name}}

    def table(self, name: str = "facts") -> dict[str, Any]:
        return {"Table": {"DatabaseName": self.name, "Name": name}}

    def columns(self, *names: str) -> dict[str, Any]:
        return {"TableWithColumns": {"DatabaseName": self.name, "Name": "facts", "ColumnNames": list(names)}}

    def entry(self, identifier: str, resource: dict[str, Any], *permissions: str, grantable: Sequence[str] = ()) -> dict[str, Any]:
        """One entry of a batch for the reader."""
        given = {"Permissions": list(permissions), "PermissionsWithGrantOption": list(grantable)}
        return {"Id": identifier, "Principal": _principal(self.reader), "Resource": resource, **given}

    def grant(self, resource: dict[str, Any], *permissions: str, grantable: Sequence[str] = ()) -> None:
        """Grant to the reader; raises botocore's error where the entry failed."""
        self._batch("batch_grant_permissions", self.entry("1", resource, *permissions, grantable=grantable))

    def revoke(self, resource: dict[str, Any], *permissions: str) -> None:
        self._batch("batch_revoke_permissions", self.entry("1", resource, *permissions))

    def _batch(self, operation: str, entry: dict[str, Any]) -> None:
        for failure in getattr(self.lf, operation)(Entries=[entry])["Failures"]:
            raise EntryFailedError(failure["Error"]["ErrorCode"], failure["Error"]["ErrorMessage"])

    def held(self, resource: dict[str, Any] | None = None, **more: Any) -> list[tuple[str, dict[str, Any], set[str]]]:
        """What is listed for the reader in the scratch database: kind, resource, permissions."""
        asked = {"Resource": resource} if resource else {}
        found = [
            (*next(iter(one["Resource"].items())), set(one["Permissions"]))
            for page in self._pages(**asked, **more)
            for one in page["PrincipalResourcePermissions"]
            if one["Principal"] == _principal(self.reader)
        ]
        return [one for one in found if self.name in json.dumps(one[1], default=str)]

    def _pages(self, **asked: Any) -> Iterator[dict[str, Any]]:
        page = self.lf.list_permissions(**asked)
        yield page
        while "NextToken" in page:
            page = self.lf.list_permissions(**asked, NextToken=page["NextToken"])
            yield page

    def as_principal(self, arn: str) -> dict[str, str]:
        return _principal(arn)

    def filter(self, name: str, rows: str | None, table: str = "facts", **columns: Any) -> dict[str, Any]:
        """The `TableData` of a data cells filter; `rows` None shows them all."""
        shown: dict[str, Any] = {"FilterExpression": rows} if rows is not None else {"AllRowsWildcard": {}}
        named: dict[str, Any] = columns or {"ColumnWildcard": {}}
        return {"TableCatalogId": self.account, "DatabaseName": self.name, "TableName": table, "Name": name, "RowFilter": shown, **named}

    def place(self, name: str) -> dict[str, Any]:
        """A filter as a resource."""
        told = {"TableCatalogId": self.account, "DatabaseName": self.name, "TableName": "facts", "Name": name}
        return {"DataCellsFilter": told}

    def make_table(self, name: str = "facts") -> None:
        stored = {"Columns": COLUMNS}
        self.glue.create_table(
            DatabaseName=self.name, TableInput={"Name": name, "StorageDescriptor": stored, "TableType": "EXTERNAL_TABLE"}
        )


class EntryFailedError(Exception):
    """An entry of a batch failed; `code` is the API's name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def _principal(arn: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": arn}


@contextmanager
def readers(iam: Any, account: str) -> Iterator[tuple[str, str]]:
    """Two roles, by ARN; removed whatever happens."""
    names = [f"ringi_check_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    try:
        one, other = (_role(iam, name, account) for name in names)
        yield one, other
    finally:
        for name in names:
            with suppress(ClientError):
                iam.delete_role(RoleName=name)


@contextmanager
def scratch(lf: Any, glue: Any, account: str, roles: tuple[str, str]) -> Iterator[Scratch]:
    """A database with one table; removed whatever happens, with what was put on it."""
    made = Scratch(lf, glue, account, f"ringi_check_{uuid.uuid4().hex[:8]}", *roles)
    try:
        glue.create_database(DatabaseInput={"Name": made.name, "CreateTableDefaultPermissions": []})
        made.make_table()
        _wait_for_roles(made)
        yield made
    finally:
        _removed(made)


def _role(iam: Any, name: str, account: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy, Description="Of a check of Lake Formation; may be deleted.")
    return str(made["Role"]["Arn"])


def _wait_for_roles(made: Scratch) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            made.grant(made.database, "DESCRIBE")
        except EntryFailedError as error:
            if "principal" not in str(error).lower() or time.monotonic() > deadline:
                raise
            time.sleep(2)
        else:
            made.revoke(made.database, "DESCRIBE")
            return


def _removed(made: Scratch) -> None:
    with suppress(ClientError):
        for told in made.lf.list_data_cells_filter(MaxResults=1000)["DataCellsFilters"]:
            if told["DatabaseName"] == made.name:
                made.lf.delete_data_cells_filter(**{key: told[key] for key in ("TableCatalogId", "DatabaseName", "TableName", "Name")})
    with suppress(ClientError):
        for told in made.lf.list_lf_tags(MaxResults=1000)["LFTags"]:
            if told["TagKey"].startswith(made.name):
                made.lf.delete_lf_tag(TagKey=told["TagKey"])
    with suppress(ClientError):
        made.glue.delete_database(Name=made.name)
