"""Erasure of a lake in S3 and Glue: older versions of objects go too, or the receipt says that they are still there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from governance.retention import Retention
from infra.aws.account import Aws
from infra.aws.object_store import S3ObjectStore
from infra.aws.places import S3Places
from infra.tables.forgetting import TableForgetting
from infra.tables.maintenance import TableUpkeep
from jobs.engines.duckdb import DuckDb
from jobs.erase.account import Eraser
from jobs.erase.finding import find
from jobs.erase.lake import EraseLake
from jobs.erase.reach import subject_of
from jobs.erase.receipt import Receipt
from jobs.erase.subject import parted
from jobs.erase.work import erase
from jobs.land import LandingLake, land
from jobs.land.embedded import EmbeddedSorting
from tests.support.aws_engine import AwsRunningLake, S3DuckDb
from tests.support.aws_faults import failing, s3_error
from tests.support.erasing import ANNA, BODO, as_parquet, json_lines, record
from tests.support.keys import signer
from tests.support.lakes import NOW, no_progress

RESULTS = "s3://ringi-test-results/athena"


class Erasing:
    """A lake in a bucket with versions, in which Anna and Bodo are."""

    def __init__(self, root: Path, aws: Aws) -> None:
        self.aws, self.lake, self.objects = aws, AwsRunningLake(root / "lake", aws), S3ObjectStore(aws)
        self.lake.engine.close()
        self.lake.engine = S3DuckDb(aws, root / "cache")  # beside the project: the copies that it keeps are not the lake's
        self.sent = root / "sent"
        self.sent.mkdir()

    def land(self, name: str, content: bytes) -> None:
        path = self.sent / name
        path.write_bytes(content)
        parts = LandingLake(self.lake.tables, self.objects, EmbeddedSorting(self.lake.engine))
        land(self.lake.catalog.sources["viewing_events"], [str(path)], parts, now=NOW)

    def erase(self, subject: str) -> Receipt:
        with DuckDb(memory_limit="1GB", threads=2) as bench:
            lake = self.lake
            forgetting = TableForgetting(lake.tables, TableUpkeep(lake.tables))
            places = S3Places(self.aws, lake.root, lake.root / ".ringi" / "aws")
            parts = EraseLake(
                lake.catalog, Retention(), lake.tables, self.objects, lake.engine, bench, places, forgetting, no_progress
            )  # fmt: skip
            who, reach = subject_of(lake.catalog, parts.retention, *parted(subject))
            return erase(parts, find(parts, who, reach), Eraser("aiko", signer("aiko"), NOW))

    def versions(self) -> list[dict[str, Any]]:
        """Every version of every object of both buckets, delete markers too."""
        found = []
        for bucket in (self.aws.settings.bucket, "ringi-test-results"):
            for page in self.aws.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket):
                found += [{**one, "Bucket": bucket} for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
        return found

    def holding(self, value: str, folder: Path) -> list[str]:
        """Objects of any version that hold a value, by a search of the tests' own."""
        from tests.support.erasing import bytes_with

        for number, one in enumerate(self.versions()):
            if "Size" in one:
                body = self.aws.client("s3").get_object(Bucket=one["Bucket"], Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                place = folder / str(number) / one["Key"]
                place.parent.mkdir(parents=True)
                place.write_bytes(body)
        return bytes_with(folder, value)


@pytest.fixture
def erasing(aws: Aws, tmp_path: Path) -> Erasing:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=aws.settings.bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.create_bucket(Bucket="ringi-test-results", CreateBucketConfiguration={"LocationConstraint": aws.settings.region})
    where = {"ResultConfiguration": {"OutputLocation": f"{RESULTS}/"}}
    aws.client("athena").create_work_group(Name=aws.settings.athena_workgroup, Configuration=where)
    s3.put_object(Bucket="ringi-test-results", Key="athena/a.csv", Body=f'"viewer_id"\n"{ANNA}"\n'.encode())
    s3.put_object(Bucket="ringi-test-results", Key="athena/b.csv", Body=f'"viewer_id"\n"{BODO}"\n'.encode())
    erasing = Erasing(tmp_path, aws)
    erasing.land("plain.jsonl", json_lines([*(record(n, ANNA if n % 2 else BODO) for n in range(8)), "{broken " + ANNA]))
    erasing.lake.run()
    return erasing


def test_no_version_of_any_object_holds_the_person(erasing: Erasing, tmp_path: Path) -> None:
    before, rows = erasing.lake.everything(), erasing.lake.read("bronze.viewing_events")
    assert erasing.holding(ANNA, tmp_path / "before")
    made = erasing.erase(f"viewer_id={ANNA}")
    assert made.said["complete"] and made.said["versions_removed"] > 0, made.said["evidence"]
    assert erasing.holding(ANNA, tmp_path / "after") == []
    assert erasing.lake.read("bronze.viewing_events") == [row for row in rows if BODO in row]
    assert erasing.lake.everything() == before and erasing.lake.run().did_nothing
    keys = {one["Key"] for one in erasing.versions()}
    assert "athena/b.csv" in keys and "athena/a.csv" not in keys


def test_versions_that_may_not_be_removed_are_told(erasing: Erasing) -> None:
    with failing(erasing.aws, "s3", "ListObjectVersions", s3_error("AccessDenied", status=403), times=1000):
        made = erasing.erase(f"viewer_id={ANNA}")
    assert not made.said["complete"] and "s3:DeleteObjectVersion" in made.said["versions_refused"]
    assert made.said["evidence"]["found_files"] == 0


def test_a_second_call_with_the_rights_removes_the_versions(erasing: Erasing, tmp_path: Path) -> None:
    with failing(erasing.aws, "s3", "ListObjectVersions", s3_error("AccessDenied", status=403), times=1000):
        erasing.erase(f"viewer_id={ANNA}")
    assert erasing.holding(ANNA, tmp_path / "before")
    assert erasing.erase(f"viewer_id={ANNA}").said["complete"]
    assert erasing.holding(ANNA, tmp_path / "after") == []


def test_parquet_in_s3_is_rewritten_too(aws: Aws, tmp_path: Path) -> None:
    erasing = Erasing(tmp_path, aws)
    aws.client("s3").create_bucket(Bucket="ringi-test-results", CreateBucketConfiguration={"LocationConstraint": aws.settings.region})
    erasing.land("table.parquet", as_parquet([record(n, ANNA if n == 2 else BODO) for n in range(6)]))
    assert erasing.erase(f"viewer_id={ANNA}").said["complete"]
    assert erasing.holding(ANNA, tmp_path / "after") == []
