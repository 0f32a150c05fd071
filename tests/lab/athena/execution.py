"""One query of the Athena shim, from QUEUED to its end: run on Trino, its result written to S3 under the encryption that was asked."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.lab.athena.governing import Asked, NotAllowedError, governed
from tests.lab.athena.results import Column, Result, result
from tests.lab.athena.statements import Statement, trino_statement
from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.responses import ONE_AT_A_TIME
from tests.lab.moto_server import Moto
from tests.lab.trino_server import CATALOG

HEADERS = {"SSE_S3": "AES256", "SSE_KMS": "aws:kms"}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: the text, by whom, and where its result goes. `output` ends with a slash.

    With `here`, Lake Formation says what its caller reads, and `user` is the lake's owner.
    """

    sql: str
    user: str
    database: str
    workgroup: str
    output: str
    encryption: dict[str, str]
    parameters: tuple[str, ...] = ()
    here: Here | None = None


@dataclass(slots=True)
class Execution:
    """The state of one query, as GetQueryExecution tells it; changed only by the thread that runs it."""

    request: Request
    statement: Statement
    id: str
    state: str = "QUEUED"
    reason: str | None = None
    result: Result | None = None
    manifest: str | None = None
    started: float = field(default_factory=time.time)
    ended: float | None = None

    @property
    def output(self) -> str:
        """Where the result lies, or would: CSV for a query, text for DDL, a folder's name for CREATE TABLE AS."""
        if self.statement.makes:
            return f"{self.request.output}tables/{self.id}"
        return f"{self.request.output}{self.id}.{'csv' if self.statement.kind == 'DML' else 'txt'}"

    def describe(self) -> dict[str, Any]:
        """The `QueryExecution` of the API."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.started}
        if self.ended is not None:
            status["CompletionDateTime"] = self.ended
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
            status["AthenaError"] = {"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False, "ErrorMessage": self.reason}
        millis = int(((self.ended or time.time()) - self.started) * 1000)
        statistics: dict[str, Any] = {"EngineExecutionTimeInMillis": millis, "TotalExecutionTimeInMillis": millis, "DataScannedInBytes": 0}
        if self.manifest is not None:
            statistics["DataManifestLocation"] = self.manifest
        configuration: dict[str, Any] = {"OutputLocation": self.output}
        if self.request.encryption:
            configuration["EncryptionConfiguration"] = self.request.encryption
        return {
            "QueryExecutionId": self.id,
            "Query": self.request.sql,
            "StatementType": self.statement.kind,
            "ResultConfiguration": configuration,
            "QueryExecutionContext": {"Database": self.request.database, "Catalog": CATALOG},
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": self.request.workgroup,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        }


def accepted(request: Request) -> Execution:
    """A query that waits to run."""
    number = str(uuid.uuid4())
    return Execution(request, trino_statement(request.sql, f"{request.output}tables/{number}"), number)


def run(execution: Execution, trino: str, aws: Moto) -> None:
    """Run it to its end; every fault becomes the state FAILED with a reason, as a client of Athena would see it."""
    from trino.exceptions import TrinoQueryError

    execution.state = "RUNNING"
    try:
        headers = _encryption(execution.request)
        execution.result = _asked(execution, trino)
        if execution.state == "CANCELLED":
            return
        _written(execution, headers, trino, aws)
        execution.state = "SUCCEEDED"
    except TrinoQueryError as error:
        execution.state, execution.reason = "FAILED", f"{error.error_name}: {_in_athenas_words(error.message)}"
    except NotAllowedError as error:
        execution.state, execution.reason = "FAILED", str(error)
    except Exception as error:  # noqa: BLE001  a client must learn of a fault of the shim too, and not wait for ever
        execution.state, execution.reason = "FAILED", f"GENERIC_INTERNAL_ERROR: {error}"
    finally:
        execution.ended = time.time()


def _in_athenas_words(message: str) -> str:
    """Athena does not tell a column that is not there from one that is not open."""
    return re.sub(r"(Column '[^']*' cannot be resolved)$", r"\1 or requester is not authorized to access requested resources", message)


def _encryption(request: Request) -> dict[str, str]:
    """The headers of what is written. The lab refuses plain results, as the lake's bucket policy does on AWS and moto does not."""
    option = HEADERS.get(request.encryption.get("EncryptionOption", ""))
    if option is None:
        raise PermissionError(f"Access denied when writing output to url: {request.output} (no encryption was asked for)")
    key = request.encryption.get("KmsKey")
    return {"ServerSideEncryption": option, **({"SSEKMSKeyId": key} if key else {})}


def _asked(execution: Execution, trino: str) -> Result:
    from trino.dbapi import connect

    request, sql = execution.request, execution.statement.sql
    if request.here is not None:
        with ONE_AT_A_TIME:
            sql = governed(sql, Asked(request.here, request.database.lower()))
    if request.parameters:
        sql = f"EXECUTE IMMEDIATE '{sql.replace(chr(39), chr(39) * 2)}' USING {', '.join(request.parameters)}"
    host, _, port = trino.removeprefix("http://").partition(":")
    with connect(  # type: ignore[no-untyped-call]  # the client's connect has no annotations
        host=host, port=int(port), user=request.user, catalog=CATALOG, schema=request.database.lower(), legacy_primitive_types=True
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        rows = cursor.fetchall()
        columns = [Column(each[0], each[1]) for each in cursor.description or ()]
        changed = cursor.update_type is not None
    if changed:
        return Result((), (), heading=True, updated=int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0)
    return result(columns, rows, heading=execution.statement.kind == "DML")


def _written(execution: Execution, headers: dict[str, str], trino: str, aws: Moto) -> None:
    if execution.result is None:
        return
    objects = {execution.output: execution.result.body(), f"{execution.output}.metadata": execution.result.metadata()}
    if execution.statement.makes:
        execution.manifest = f"{execution.output}-manifest.csv"
        paths = _files(execution, trino)
        objects = {execution.manifest: "\n".join(paths).encode(), f"{execution.output}.metadata": execution.result.metadata()}
    for address, body in objects.items():
        bucket, _, key = address.removeprefix("s3://").partition("/")
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **headers)


def _files(execution: Execution, trino: str) -> list[str]:
    """The data files of a table just made; metadata tables are the owner's to read."""
    from tests.lab.trino_server import OWNER

    place, _, name = str(execution.statement.makes).rpartition(".")
    files = f'"{name.strip(chr(34))}$files"'
    sql = f"SELECT file_path FROM {place + '.' if place else ''}{files}"
    asked = Request(sql, OWNER, execution.request.database, "", execution.request.output, {})
    return [str(row[0]) for row in _asked(accepted(asked), trino).rows]
