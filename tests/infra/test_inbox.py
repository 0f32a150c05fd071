"""Raw files in S3 reach the landing machine byte for byte, under their own names, and a place without files is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.aws.inbox import fetched
from infra.errors import InfraError


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
        client.create_bucket(Bucket="raw")
        for key, body in {"day/b.jsonl": b"b\n", "day/a.jsonl": b"a\r\n\xff", "day/c/a.jsonl": b"", "other/d": b"d"}.items():
            client.put_object(Bucket="raw", Key=key, Body=body)
        client.put_object(Bucket="raw", Key="day/c/", Body=b"")  # the mark of a folder, as consoles make it
        yield client


def test_one_object_is_fetched_under_its_name(s3: Any, tmp_path: Path) -> None:
    (file,) = fetched(s3, "s3://raw/day/a.jsonl", tmp_path)
    assert (file.name, file.read_bytes()) == ("a.jsonl", b"a\r\n\xff")


def test_a_prefix_is_all_that_lies_below_it_and_names_may_repeat(s3: Any, tmp_path: Path) -> None:
    files = fetched(s3, "s3://raw/day/", tmp_path)
    assert [(file.name, file.read_bytes()) for file in files] == [("a.jsonl", b"a\r\n\xff"), ("b.jsonl", b"b\n"), ("a.jsonl", b"")]
    assert len(set(files)) == 3


@pytest.mark.parametrize("place", ["s3://raw/empty/", "s3://raw/day/missing.jsonl", "s3://nowhere/day/"])
def test_a_place_without_files_is_told(s3: Any, tmp_path: Path, place: str) -> None:
    with pytest.raises(InfraError, match="Hint"):
        fetched(s3, place, tmp_path)
