"""An account in which Lake Formation governs Athena: a server and a Trino of their own, and reading by them as somebody's role.

Made once a session by the fixture `governed_process` of tests/lab/conftest.py; each module meets it empty, through `governed`.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.lab.athena_workgroup import a_workgroup
from tests.lab.lake_formation_calls import client_of
from tests.lab.moto_server import ACCOUNT, REGION, Moto, aws_environment
from tests.lab.trino_server import Trino

WORKGROUP = "governed"
RESULTS = "governed-results"
LONGEST_SECONDS = 60
CELLS: Mapping[str, Callable[[str], Any]] = {
    "tinyint": int,
    "integer": int,
    "bigint": int,
    "double": float,
    "decimal": Decimal,
    "boolean": lambda text: text == "true",
    "date": dt.date.fromisoformat,
    "timestamp with time zone": lambda text: dt.datetime.fromisoformat(text.replace(" UTC", "+00:00")),
}
"""From the text of a result to the value, by Athena's type; texts stay as they are."""


_clients: dict[str, Any] = {}
"""One Athena client a role, while the account is not emptied."""


class RefusedError(Exception):
    """Athena ended a query as FAILED; the message is its reason."""


@dataclass(frozen=True, slots=True)
class Governed:
    """The account and its Trino. `read` asks Athena as a role, so it gives what Lake Formation lets that role read."""

    moto: Moto
    trino: Trino

    def read(self, role: str, sql: str, database: str = "default") -> tuple[list[str], list[list[Any]]]:
        """The columns and rows of a query. Raises RefusedError where it fails."""
        client = _clients.get(role) or _clients.setdefault(role, client_of(self.moto, role, "athena"))
        context = {"Database": database}
        number = client.start_query_execution(QueryString=sql, WorkGroup=WORKGROUP, QueryExecutionContext=context)["QueryExecutionId"]
        status = _ended(client, number)
        if status["State"] != "SUCCEEDED":
            raise RefusedError(status.get("StateChangeReason", status["State"]))
        return _typed(client.get_paginator("get_query_results").paginate(QueryExecutionId=number))

    def refusal(self, role: str, sql: str) -> str:
        """Why a query that must fail does."""
        try:
            found = self.read(role, sql)
        except RefusedError as error:
            return str(error)
        raise AssertionError(f"{role} was given {found} for {sql}")


def _ended(client: Any, number: str) -> dict[str, Any]:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        status: dict[str, Any] = client.get_query_execution(QueryExecutionId=number)["QueryExecution"]["Status"]
        if status["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
            return status
        time.sleep(0.1)
    raise AssertionError(f"the query did not end in {LONGEST_SECONDS} seconds")


def _typed(pages: Iterator[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    rows: list[list[Any]] = []
    columns: Sequence[Mapping[str, Any]] = ()
    for page in pages:
        columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
    kinds = [CELLS.get(column["Type"], str) for column in columns]
    values = [[None if cell is None else kind(cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows[1:]]
    return [column["Name"] for column in columns], values


@contextmanager
def governing(process: Governed) -> Iterator[Governed]:
    """The account, empty, Lake Formation in charge of what is made in it; the environment of this process points at it."""
    process.moto.reset()
    _clients.clear()
    process.moto.let_lake_formation(govern=True, have_row_policies=True)
    with aws_environment(process.moto):
        process.moto.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": []})
        a_workgroup(process.moto, WORKGROUP, bucket=RESULTS)
        yield process


def iceberg_at(moto: Moto, bucket: str) -> Any:
    """PyIceberg's way to the account's tables, those that it makes lying in the bucket, which is made."""
    from pyiceberg.catalog.glue import GlueCatalog

    moto.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return GlueCatalog("lab", **{"s3.endpoint": moto.url, "glue.endpoint": moto.url, "warehouse": f"s3://{bucket}/warehouse"})


def make_view(glue: Any, database: str, name: str, text: str, *, definer: str, bases: Sequence[str]) -> None:
    """A definer view over tables such as `saved_jp.v`, with the columns of the first of them."""
    schema, _, table = bases[0].partition(".")
    columns = glue.get_table(DatabaseName=schema, Name=table)["Table"]["StorageDescriptor"]["Columns"]
    arns = [f"arn:aws:glue:{REGION}:{ACCOUNT}:table/{base.replace('.', '/')}" for base in bases]
    texts = {"Dialect": "ATHENA", "DialectVersion": "3", "ViewOriginalText": text, "ViewExpandedText": text}
    definition = {"IsProtected": True, "Definer": definer, "SubObjects": arns, "Representations": [texts]}
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "StorageDescriptor": {"Columns": columns},
            "ViewDefinition": definition,
        },
    )
