"""Short words for calls of Lake Formation in tests: a table of a lake, a principal, a grant, a filter, a role's own credentials."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.lab.moto_server import ACCOUNT, REGION, Moto

DATABASE = "saved_jp"
NAME = "title_daily"
TABLE = {"Table": {"DatabaseName": DATABASE, "Name": NAME}}
COLUMNS = [{"Name": "title_id", "Type": "string"}, {"Name": "plays", "Type": "bigint"}, {"Name": "viewing_date", "Type": "date"}]


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


ANALYST, OTHER = role("analyst_jp"), role("analyst_de")


def to(principal: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": principal}


def some(*names: str) -> dict[str, Any]:
    """Some columns of the table."""
    return {"TableWithColumns": {"DatabaseName": DATABASE, "Name": NAME, "ColumnNames": list(names)}}


def cells(name: str, rows: str | None, **columns: Any) -> dict[str, Any]:
    """The `TableData` of a data cells filter on the table; `rows` None for all of them, all columns unless some are named."""
    shown: dict[str, Any] = {"FilterExpression": rows} if rows is not None else {"AllRowsWildcard": {}}
    named: dict[str, Any] = columns or {"ColumnWildcard": {}}
    return {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": NAME, "Name": name, "RowFilter": shown, **named}


@dataclass(frozen=True, slots=True)
class Desk:
    """An account's Lake Formation and Glue, as its owner works with them."""

    moto: Moto

    @property
    def lf(self) -> Any:
        return self.moto.client("lakeformation")

    @property
    def glue(self) -> Any:
        return self.moto.client("glue")

    def grant(
        self, resource: dict[str, Any], permissions: Sequence[str] = ("SELECT",), *, principal: str = ANALYST, grantable: Sequence[str] = ()
    ) -> None:
        given = {"Permissions": list(permissions), "PermissionsWithGrantOption": list(grantable)}
        self.lf.grant_permissions(Principal=to(principal), Resource=resource, **given)

    def filtered(self, name: str, rows: str | None, *, principal: str = ANALYST, **columns: Any) -> None:
        """Make a filter and let the principal read by it."""
        self.lf.create_data_cells_filter(TableData=cells(name, rows, **columns))
        place = {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": NAME, "Name": name}
        self.grant({"DataCellsFilter": place}, principal=principal)

    def held(self, **asked: Any) -> list[tuple[str, dict[str, Any], list[str], list[str]]]:
        """Everything listed, as kind, resource, permissions and those that may be handed on."""
        told = self.lf.list_permissions(**asked)["PrincipalResourcePermissions"]
        return [(*next(iter(one["Resource"].items())), one["Permissions"], one["PermissionsWithGrantOption"]) for one in told]

    def make_table(self, name: str = NAME, **more: Any) -> None:
        stored = {"Columns": COLUMNS, "Location": f"s3://lake/{DATABASE}/{name}"}
        self.glue.create_table(DatabaseName=DATABASE, TableInput={"Name": name, "StorageDescriptor": stored, **more})

    def make_database(self, *, hybrid: bool = False) -> None:
        """Put Lake Formation in charge of an account with one database and one table."""
        self.lf.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": []})
        role_arn = {"RoleArn": role("lake-formation")}
        self.lf.register_resource(ResourceArn="arn:aws:s3:::lake", HybridAccessEnabled=hybrid, **role_arn)
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        self.make_table()

    def as_role(self, name: str, service: str) -> Any:
        """A client with the credentials of somebody who took on a role."""
        return client_of(self.moto, name, service)


ONE_CLIENT_AT_A_TIME = threading.Lock()
"""boto3 makes clients in one thread at a time."""


def client_of(moto: Moto, name: str, service: str) -> Any:
    """The same, without a desk."""
    import boto3

    with ONE_CLIENT_AT_A_TIME:
        return boto3.client(service, endpoint_url=moto.url, region_name=REGION, **credentials_of(moto, name))


def session_of(moto: Moto, name: str) -> Any:
    """A boto3 session of somebody who took on the role, for libraries that take one."""
    import boto3

    return boto3.Session(region_name=REGION, **credentials_of(moto, name))


def credentials_of(moto: Moto, name: str) -> dict[str, str]:
    taken = moto.client("sts").assume_role(RoleArn=role(name), RoleSessionName="somebody")["Credentials"]
    names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken"}
    return {ours: taken[theirs] for ours, theirs in names.items()}
