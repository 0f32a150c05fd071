"""CloudTrail's files in the audit bucket: found below any prefix, old ones left out, digests and other files passed over."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.aws import cloudtrail
from infra.errors import InfraError

if TYPE_CHECKING:
    from infra.aws.account import Aws

FOLDER = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11"


def record(request: str, **more: Any) -> dict[str, Any]:
    return {
        "eventTime": "2026-11-22T12:00:01Z",
        "eventSource": "lakeformation.amazonaws.com",
        "eventName": "GetDataAccess",
        "requestID": request,
        "userIdentity": {"type": "AWSService", "invokedBy": "athena.amazonaws.com"},
        "additionalEventData": {"lakeFormationPrincipal": "arn:aws:iam::123456789012:role/analyst_jp"},
        **more,
    }


def put(aws: Aws, key: str, *records: dict[str, Any], raw: bytes | None = None) -> None:
    body = gzip.compress(json.dumps({"Records": list(records)}).encode()) if raw is None else raw
    aws.client("s3").put_object(Bucket=aws.settings.bucket, Key=key, Body=body)


@pytest.mark.parametrize("prefix", ["", "AWSLogs/", f"{FOLDER}/22/"])
def test_events_are_found_below_a_prefix(aws: Aws, prefix: str) -> None:
    put(
        aws,
        f"{FOLDER}/22/123456789012_CloudTrail_eu-west-1_20261122T1205Z_aBcD.json.gz",
        record("a"),
        record("b", errorCode="AccessDenied"),
    )
    put(aws, f"{FOLDER}/20/123456789012_CloudTrail_eu-west-1_20261120T1205Z_aBcD.json.gz", record("old"))
    put(
        aws, "AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/11/22/123456789012_CloudTrail-Digest_x_20261122T1205Z.json.gz", raw=b"?"
    )
    put(aws, "AWSLogs/123456789012/CloudTrail/readme.txt", raw=b"?")
    place = f"s3://{aws.settings.bucket}/{prefix}"
    since = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    found = list(cloudtrail.in_bucket(aws.client("s3"), place, since, lambda event: True))
    assert [(event.request_id, event.actor, event.source_identity, event.error) for event in found] == [
        ("a", "athena.amazonaws.com", "arn:aws:iam::123456789012:role/analyst_jp", None),
        ("b", "athena.amazonaws.com", "arn:aws:iam::123456789012:role/analyst_jp", "AccessDenied"),
    ]
    assert [event.request_id for event in cloudtrail.in_bucket(aws.client("s3"), place, since, lambda event: event.error is None)] == ["a"]


def test_a_damaged_file_is_named_with_its_place(aws: Aws) -> None:
    key = f"{FOLDER}/22/123456789012_CloudTrail_eu-west-1_20261122T1205Z_aBcD.json.gz"
    put(aws, key, raw=gzip.compress(b'{"Records": [{}]}'))
    with pytest.raises(InfraError, match="no file of CloudTrail, or damaged") as caught:
        list(cloudtrail.in_bucket(aws.client("s3"), f"s3://{aws.settings.bucket}", None, lambda event: True))
    assert key in caught.value.message
