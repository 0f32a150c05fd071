"""Judged records of a batch in S3: kept under the lake's key, fetched by any worker, and gone afterwards."""

from __future__ import annotations

import pickle
from pathlib import Path

from infra.aws.account import Aws
from infra.aws.workspace import S3Workspace


def test_what_one_worker_keeps_another_fetches(aws: Aws, tmp_path: Path) -> None:
    with S3Workspace(aws).opened() as room:
        other: S3Workspace = pickle.loads(pickle.dumps(room))  # noqa: S301  as Spark sends it to its workers
        with room.scratch() as mine:
            file = Path(mine) / "rows.parquet"
            file.write_bytes(b"rows" * 5_000_000)
            room.keep(str(file), f"{room.folder}/judged/rows.parquet")
        with other.scratch() as theirs:
            assert Path(other.fetch(f"{other.folder}/judged/rows.parquet", theirs)).read_bytes() == b"rows" * 5_000_000
        assert not Path(mine).exists()


def test_room_is_emptied_before_and_after_a_batch(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), aws.settings.bucket
    inside = f"{aws.settings.prefix}landing/_judged/left-by-a-killed-process.parquet"
    outside = f"{aws.settings.prefix}landing/viewing_events/kept.json"
    for key in (inside, outside):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    with S3Workspace(aws).opened():
        assert _keys(aws) == [outside]
        s3.put_object(Bucket=bucket, Key=inside, Body=b"")
    assert _keys(aws) == [outside]


def test_a_kept_file_lies_under_the_lakes_key(aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"rows")
    with S3Workspace(aws).opened() as room:
        room.keep(str(tmp_path / "rows"), f"{room.folder}/rows")
        (key,) = _keys(aws)
        head = aws.client("s3").head_object(Bucket=aws.settings.bucket, Key=key)
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"] == aws.client("kms").describe_key(KeyId=aws.settings.kms_key)["KeyMetadata"]["Arn"]


def _keys(aws: Aws) -> list[str]:
    return [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket=aws.settings.bucket).get("Contents", ())]
