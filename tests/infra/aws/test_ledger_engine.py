"""A ledger in S3 is written and checked without Spark; its objects are under the lake's key."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.ledgers.audit_line import AuditLine, Kind
from infra.aws.tables import AwsTables
from infra.tables.staged_engine import StagedDuckDb
from jobs.ledgers import audit_ledger, ledger_check

if TYPE_CHECKING:
    from pathlib import Path

    from infra.aws.account import Aws

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_a_line_is_recorded_read_and_verified(aws: Aws, tmp_path: Path) -> None:
    tables = AwsTables(aws)
    for number in (1, 2):
        with StagedDuckDb(tables, spill=tmp_path) as engine:
            line = AuditLine(NOW, Kind.ACCESS_APPLY, "aiko", "aws", {"calls": number}, "1a2b")
            assert [audit_ledger.record(tables, engine, line) for _ in range(2)] == [1, 0]
    with StagedDuckDb(tables, spill=tmp_path) as engine:
        checked = ledger_check.check(tables, engine, audit_ledger.AUDIT.name)
        assert (checked.faults, checked.lines, checked.end[0]) == ((), 2, 2)
        assert [row.details for row in audit_ledger.read(tables, engine)] == ['{"calls":1}', '{"calls":2}']
    files = tables.files(audit_ledger.AUDIT.name)
    assert all(file.path.startswith("s3://") for file in files) and list(tmp_path.iterdir()) == []
    key = aws.client("s3").head_object(Bucket=aws.settings.bucket, Key=files[0].path.split("/", 3)[3])["SSEKMSKeyId"]
    assert key


def test_a_data_file_that_is_gone_from_the_bucket_is_named(aws: Aws, tmp_path: Path) -> None:
    tables = AwsTables(aws)
    with StagedDuckDb(tables, spill=tmp_path) as engine:
        audit_ledger.record(tables, engine, AuditLine(NOW, Kind.ACCESS_APPLY, "aiko", "aws"))
    [file] = tables.files(audit_ledger.AUDIT.name)
    aws.client("s3").delete_object(Bucket=aws.settings.bucket, Key=file.path.split("/", 3)[3])
    with StagedDuckDb(tables, spill=tmp_path) as engine:
        faults = ledger_check.check(tables, engine, audit_ledger.AUDIT.name).faults
    assert faults[0].file == file.path.rpartition("/")[2] and "gone" in faults[0].message
