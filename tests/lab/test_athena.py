"""The Athena shim: boto3 and awswrangler run real SQL through it and meet results, types and faults as Athena gives them."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.lab.athena_workgroup import a_workgroup
from tests.lab.moto_server import REGION, Moto
from tests.lab.trino_server import Trino

VALUES = """SELECT * FROM (VALUES
  (1, BIGINT '4611686018427387904', DOUBLE '0.1', DECIMAL '12.340', DATE '2026-11-01', TIMESTAMP '2026-11-01 09:30:00.123456', true, 'say "東京", twice', X'00ff'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, BIGINT '-1', DOUBLE '1e300', DECIMAL '-0.001', DATE '1969-12-31', TIMESTAMP '1969-12-31 23:59:59.000001', false, '', X''))
  AS t (n, big, real, price, day, moment, yes, title, bytes) ORDER BY n"""
STATEMENT_SECONDS = 60


@pytest.fixture(scope="module")
def workgroup(lab: Moto) -> str:
    return a_workgroup(lab, "analysts", bucket="lab-athena")


@pytest.fixture(scope="module")
def database(lab: Moto) -> str:
    lab.client("glue").create_database(DatabaseInput={"Name": "lab_athena"})
    return "lab_athena"


def run(client: Any, sql: str, workgroup: str, **more: Any) -> dict[str, Any]:
    """Start a query and wait for its end; the QueryExecution."""
    number = client.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)["QueryExecutionId"]
    deadline = time.monotonic() + STATEMENT_SECONDS
    while time.monotonic() < deadline:
        execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=number)["QueryExecution"]
        if execution["Status"]["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
            return execution
        time.sleep(0.1)
    raise AssertionError(f"the query did not end in {STATEMENT_SECONDS} seconds: {sql}")


def test_a_result_is_csv_with_every_value_quoted_and_null_as_nothing(lab: Moto, workgroup: str) -> None:
    execution = run(lab.client("athena"), VALUES, workgroup)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    body = lab.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == (
        '"n","big","real","price","day","moment","yes","title","bytes"\n'
        '"1","4611686018427387904","0.1","12.340","2026-11-01","2026-11-01 09:30:00.123456","true","say ""東京"", twice","00 ff"\n'
        '"2",,,,,,,,\n'
        '"3","-1","1.0E300","-0.001","1969-12-31","1969-12-31 23:59:59.000001","false","",""\n'
    )


def test_results_are_written_under_the_key_of_the_workgroup(lab: Moto, workgroup: str) -> None:
    execution = run(lab.client("athena"), "SELECT 1 AS one", workgroup)
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    for name in (key, f"{key}.metadata"):
        head = lab.client("s3").head_object(Bucket=bucket, Key=name)
        assert head["ServerSideEncryption"] == "aws:kms"
        assert head["SSEKMSKeyId"] == execution["ResultConfiguration"]["EncryptionConfiguration"]["KmsKey"]


def test_a_workgroup_without_encryption_gets_no_result_written(lab: Moto) -> None:
    plain = a_workgroup(lab, "plain", bucket="lab-athena", encrypted=False)
    execution = run(lab.client("athena"), "SELECT 1 AS one", plain)
    assert execution["Status"]["State"] == "FAILED"
    assert "Access denied when writing output" in execution["Status"]["StateChangeReason"]


def test_settings_that_are_in_force_overrule_the_clients_own(lab: Moto, workgroup: str) -> None:
    execution = run(
        lab.client("athena"), "SELECT 1 AS one", workgroup, ResultConfiguration={"OutputLocation": "s3://elsewhere/unencrypted/"}
    )
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://lab-athena/results/")


def test_results_are_paged_with_their_types_and_a_heading(lab: Moto, workgroup: str) -> None:
    client = lab.client("athena")
    number = run(client, VALUES, workgroup)["QueryExecutionId"]
    pages = [client.get_query_results(QueryExecutionId=number, MaxResults=3)]
    pages.append(client.get_query_results(QueryExecutionId=number, MaxResults=3, NextToken=pages[0]["NextToken"]))
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert [row[0] for row in rows] == [{"VarCharValue": each} for each in ("n", "1", "2", "3")]
    assert rows[2][1:] == [{}] * 8
    assert "NextToken" not in pages[1]
    columns = pages[1]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [column["Type"] for column in columns] == [
        "integer", "bigint", "double", "decimal", "date", "timestamp", "boolean", "varchar", "varbinary",
    ]  # fmt: skip
    assert (columns[3]["Precision"], columns[3]["Scale"]) == (5, 3)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM numbers.nowhere", "SCHEMA_NOT_FOUND|TABLE_NOT_FOUND"),
        ("SELECT nothing", "COLUMN_NOT_FOUND"),
        ("SELEC 1", "SYNTAX_ERROR"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO"),
    ],
)
def test_a_faulty_query_fails_with_a_reason(lab: Moto, workgroup: str, sql: str, reason: str) -> None:
    client = lab.client("athena")
    execution = run(client, sql, workgroup)
    assert execution["Status"]["State"] == "FAILED"
    assert execution["Status"]["StateChangeReason"].split(":")[0] in reason.split("|")
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])


def test_values_are_handed_over_apart_from_the_text(lab: Moto, workgroup: str) -> None:
    client = lab.client("athena")
    execution = run(client, "SELECT concat('it''s ', ?) AS said", workgroup, ExecutionParameters=["'quoted'"])
    rows = client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["Rows"]
    assert rows[1]["Data"] == [{"VarCharValue": "it's quoted"}]


def test_a_query_runs_as_the_iam_user_who_signed_it(lab: Moto, trino: Trino, workgroup: str) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="analyst_in")
    key = iam.create_access_key(UserName="analyst_in")["AccessKey"]
    client = boto3.client(
        "athena",
        endpoint_url=lab.url,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    number = run(client, "SELECT current_user AS me", workgroup)["QueryExecutionId"]
    assert client.get_query_results(QueryExecutionId=number)["ResultSet"]["Rows"][1]["Data"] == [{"VarCharValue": "analyst_in"}]


@pytest.mark.parametrize("ctas", [False, True])
def test_awswrangler_reads_what_athena_returns(workgroup: str, database: str, ctas: bool) -> None:
    import awswrangler as wr

    frame = wr.athena.read_sql_query(
        "SELECT n, big, price, day, title FROM (" + VALUES + ") ORDER BY n", database=database, workgroup=workgroup, ctas_approach=ctas
    )
    frame = frame.astype(object).where(frame.notna(), None)
    no_text = "" if ctas else None  # awswrangler takes an empty text of a CSV file for NULL; Parquet keeps it
    assert sorted(frame.itertuples(index=False, name=None)) == [
        (1, 2**62, Decimal("12.340"), dt.date(2026, 11, 1), 'say "東京", twice'),
        (2, None, None, None, None),
        (3, -1, Decimal("-0.001"), dt.date(1969, 12, 31), no_text),
    ]
