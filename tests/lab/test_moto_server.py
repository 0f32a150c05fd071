"""The lab's AWS endpoint is a real server, empty for each module, and no client meets a real account by accident."""

from __future__ import annotations

import boto3
import pytest

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


def test_what_the_lab_lacks_is_a_skip_here_and_a_failure_where_the_lab_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGI_LAB", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no JDK"):
        lab_skip("no JDK")
    monkeypatch.setenv("RINGI_LAB", "required")
    with pytest.raises(pytest.fail.Exception, match="no JDK"):
        lab_skip("no JDK")
