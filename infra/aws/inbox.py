"""Raw files that lie in S3, brought to the machine that lands them: `s3://bucket/key`, or every object below `s3://bucket/prefix/`.

Used by `ringi/spark_job.py`. What is landed is the bytes as they lie there; landing itself keeps them and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated
from infra.errors import InfraError

if TYPE_CHECKING:
    from pathlib import Path

SCHEME = "s3://"


def client() -> Any:
    """A client of S3 with the job's own rights."""
    import boto3
    from botocore.config import Config

    with translated("connecting to S3"):
        return boto3.client("s3", config=Config(retries={"mode": "standard", "total_max_attempts": 6}))


def fetched(client: Any, place: str, folder: Path) -> list[Path]:
    """The files of a place, in the order of their keys, each under its own name in a folder of its own below `folder`.

    An InfraError says where a place has no object, for a round that lands nothing by mistake would look like one without events.
    """
    bucket, _, key = place.removeprefix(SCHEME).partition("/")
    with translated(f"fetching `{place}`"):
        keys = _below(client, bucket, key) if key.endswith("/") or not key else [key]
        if not keys:
            raise InfraError(f"There is no object below `{place}`.", hint="look at the round's input, and whether the files have arrived.")
        return [_fetched(client, bucket, each, folder / f"{number:06d}") for number, each in enumerate(keys)]


def _below(client: Any, bucket: str, prefix: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", []) if not found["Key"].endswith("/")]


def _fetched(client: Any, bucket: str, key: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    file = folder / key.rpartition("/")[2]
    client.download_file(bucket, key, str(file))
    return file
