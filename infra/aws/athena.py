"""Athena: queries in the lake's workgroup, whose results are encrypted whatever a client asks for, and that workgroup's settings.

Used by `ringi doctor` and by whoever verifies what analysts see on AWS. Analysts use their own tools in the same workgroup.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import code_of, translated
from infra.aws.keys import Keys
from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.aws.account import Aws

ENGINE = "Athena engine version 3"
RESULTS = "athena-results"
"""Folder beside the lake's tables in which Athena keeps results; the bucket's rule removes them after some days."""

MOST_BYTES = 1024**4
"""Bytes that one query of the workgroup may scan before Athena stops it; a workgroup may be given another limit."""

ASK_AGAIN_SECONDS = 0.5
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of a query as texts, as Athena gives them, and the bytes it scanned."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    scanned: int


class Athena:
    """One workgroup of an account."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @property
    def workgroup(self) -> str:
        return self._aws.settings.athena_workgroup

    def query(self, sql: str, database: str, *, patience_seconds: float = 600) -> Result:
        """Run one statement and wait for it; an InfraError says what Athena objected to, or that it took too long and was stopped."""
        client, token = self._aws.client("athena"), uuid.uuid4().hex
        with translated("sending a query to Athena"):
            started = client.start_query_execution(
                QueryString=sql,
                QueryExecutionContext={"Database": database, "Catalog": "AwsDataCatalog"},
                WorkGroup=self.workgroup,
                ClientRequestToken=token,  # sent twice, it runs once
            )["QueryExecutionId"]
        execution = self._ended(client, started, time.monotonic() + patience_seconds)
        with translated("reading the result of a query"):
            pages = list(client.get_paginator("get_query_results").paginate(QueryExecutionId=started))
        columns = tuple(one["Name"] for one in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"])
        rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]]
        header = 1 if rows and rows[0] == columns else 0  # a SELECT's first row names its columns
        return Result(columns, tuple(rows[header:]), int((execution.get("Statistics") or {}).get("DataScannedInBytes", 0)))

    def _ended(self, client: Any, started: str, deadline: float) -> dict[str, Any]:
        while True:
            with translated("waiting for a query"):
                execution = dict(client.get_query_execution(QueryExecutionId=started)["QueryExecution"])
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in ("FAILED", "CANCELLED"):
                raise _failed(status)
            if time.monotonic() >= deadline:
                with translated("stopping a query"):
                    client.stop_query_execution(QueryExecutionId=started)
                raise InfraError(
                    "The query took longer than it was given, and was stopped.",
                    hint="read fewer days or columns. More: ringi explain RNG-INF-040",
                )
            time.sleep(ASK_AGAIN_SECONDS)

    def wanted(self) -> dict[str, Any]:
        """The settings of the workgroup: results encrypted with the lake's key, and no client may say otherwise."""
        settings = self._aws.settings
        return {
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
            "BytesScannedCutoffPerQuery": MOST_BYTES,
            "EngineVersion": {"SelectedEngineVersion": ENGINE},
            "ResultConfiguration": {
                "OutputLocation": f"{settings.warehouse}/{RESULTS}/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": Keys(self._aws).arn(settings.kms_key)},
            },
        }

    def create(self) -> None:
        """Make the workgroup; nothing happens where there is one, whatever its settings."""
        from botocore.exceptions import ClientError

        with translated(f"making the workgroup `{self.workgroup}`"):
            if self._held() is not None:
                return
            try:
                self._aws.client("athena").create_work_group(
                    Name=self.workgroup, Description="Queries of the lake; results are encrypted.", Configuration=self.wanted()
                )
            except ClientError as error:
                if "already" not in str(error):
                    raise

    def differences(self) -> tuple[str, ...]:
        """Sentences on what of the workgroup's settings lets a result lie unencrypted or elsewhere; empty where nothing does."""
        with translated(f"reading the workgroup `{self.workgroup}`"):
            held = self._held()
        if held is None:
            return ("it does not exist",)
        results = held.get("ResultConfiguration") or {}
        encryption = results.get("EncryptionConfiguration") or {}
        found = []
        if held.get("EnforceWorkGroupConfiguration") is not True:
            found.append("clients may set their own places and encryption for results")
        if encryption.get("EncryptionOption") not in ("SSE_KMS", "CSE_KMS"):
            found.append("results are not encrypted with a key of KMS")
        if not str(results.get("OutputLocation", "")).startswith("s3://"):
            found.append("no place for results is set")
        if not held.get("BytesScannedCutoffPerQuery"):
            found.append("a query may scan any number of bytes")
        return tuple(found)

    def _held(self) -> Mapping[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            group = self._aws.client("athena").get_work_group(WorkGroup=self.workgroup).get("WorkGroup")
        except ClientError as error:
            if code_of(error) == "InvalidRequestException" and "not found" in str(error):
                return None
            raise
        return None if group is None else dict(group.get("Configuration") or {})


def _failed(status: Mapping[str, Any]) -> InfraError:
    why = " ".join(str(status.get("StateChangeReason") or "it gave no reason").split()).rstrip(".")
    retry = (status.get("AthenaError") or {}).get("Retryable")
    return InfraError(
        f"Athena did not run the query: {why}.",
        hint=f"{'run it again' if retry else 'mend the query, or ask for a grant on what it reads'}. More: ringi explain RNG-INF-040",
    )
