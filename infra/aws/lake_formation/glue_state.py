"""What the Glue catalog says of databases, tables and views, as the values of `governance.lake_formation.state`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from governance.lake_formation.api import canonical
from infra.aws.foreign import code_of, translated
from infra.aws.lake_formation.listing import entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.lake_formation.state import CataloguedTable

_SESSION = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[\w+=,.@-]+)/.*")


def databases_of(glue: Any, place: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The catalog's databases by name."""
    with translated("asking the catalog for its databases"):
        return {one["Name"]: one for one in entries(glue, "get_databases", "DatabaseList", **place)}


def tables_of(glue: Any, database: str, place: Mapping[str, str]) -> list[CataloguedTable]:
    """Tables and views of a database; none where it was dropped meanwhile."""
    from botocore.exceptions import ClientError

    with translated(f"asking the catalog for the tables of `{database}`"):
        try:
            return [catalogued(database, one) for one in entries(glue, "get_tables", "TableList", DatabaseName=database, **place)]
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return []
            raise


def catalogued(database: str, told: Mapping[str, Any]) -> CataloguedTable:
    """One entry of the catalog as a value; its creator as Lake Formation names it."""
    return canonical.table({**told, "CreatedBy": identity(told.get("CreatedBy"))}, database)


def identity(arn: str | None) -> str | None:
    """Who a caller's ARN is as Lake Formation names it: a session of a role is the role (a role's path is not in it)."""
    session = _SESSION.fullmatch(arn or "")
    return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}" if session else arn
