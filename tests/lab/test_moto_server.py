"""The lab's AWS endpoint is a real server, empty for each module, and no client meets a real account by accident."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.lab.moto_server import REGION, Moto
from tests.lab.required import lab_skip


def test_a_bucket_made_by_one_client_is_seen_by_another_that_knows_only_the_environment(moto: Moto) -> None:
    moto.client("s3").create_bucket(Bucket="lab", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["lab"]


def test_a_reset_forgets_every_database_and_bucket(moto: Moto) -> None:
    moto.client("glue").create_database(DatabaseInput={"Name": "gold"})
    moto.reset()
    assert moto.client("glue").get_databases()["DatabaseList"] == []
    assert moto.client("s3").list_buckets()["Buckets"] == []


def test_a_bucket_policy_stops_the_put_it_speaks_of_and_no_other(moto: Moto) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="locked", CreateBucketConfiguration={"LocationConstraint": REGION})
    deny = {"Sid": "PlainPuts", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::locked/*"}
    condition = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    s3.put_bucket_policy(Bucket="locked", Policy=json.dumps({"Statement": [{**deny, "Condition": condition}]}))
    s3.put_object(Bucket="locked", Key="encrypted", Body=b"1", ServerSideEncryption="aws:kms")
    assert s3.get_object(Bucket="locked", Key="encrypted")["Body"].read() == b"1"
    with pytest.raises(ClientError, match="403"):
        s3.put_object(Bucket="locked", Key="encrypted", Body=b"2")


def test_what_the_lab_lacks_is_a_skip_here_and_a_failure_where_the_lab_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGI_LAB", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no JDK"):
        lab_skip("no JDK")
    monkeypatch.setenv("RINGI_LAB", "required")
    with pytest.raises(pytest.fail.Exception, match="no JDK"):
        lab_skip("no JDK")
