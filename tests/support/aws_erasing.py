"""A lake in S3 and Glue from which somebody is erased: a bucket with versions, results of queries beside it, Anna and Bodo in both.

erasing = made_erasing(tmp_path, aws)
receipt = erasing.erase(f"viewer_id={ANNA}")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.retention import Retention
from infra.aws.object_store import S3ObjectStore
from infra.aws.places import S3Places
from infra.tables.forgetting import TableForgetting
from infra.tables.maintenance import TableUpkeep
from jobs.engines.duckdb import DuckDb
from jobs.erase.account import Eraser
from jobs.erase.finding import find
from jobs.erase.lake import EraseLake
from jobs.erase.reach import subject_of
from jobs.erase.subject import parted
from jobs.erase.work import erase
from jobs.land import LandingLake, land
from jobs.land.embedded import EmbeddedSorting
from tests.support.aws_engine import AwsRunningLake, S3DuckDb
from tests.support.erasing import ANNA, BODO, bytes_with, json_lines, record
from tests.support.keys import signer
from tests.support.lakes import NOW, no_progress

if TYPE_CHECKING:
    from pathlib import Path

    from infra.aws.account import Aws
    from jobs.erase.receipt import Receipt

RESULTS = "ringi-test-results"


class Erasing:
    """A lake in a bucket with versions, in which Anna and Bodo are."""

    def __init__(self, root: Path, aws: Aws, results: str) -> None:
        self.results = results
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
        for bucket in (self.aws.settings.bucket, self.results):
            for page in self.aws.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket):
                found += [{**one, "Bucket": bucket} for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
        return found

    def holding(self, value: str, folder: Path) -> list[str]:
        """Objects of any version that hold a value, by a search of the tests' own."""
        for number, one in enumerate(self.versions()):
            if "Size" in one:
                body = self.aws.client("s3").get_object(Bucket=one["Bucket"], Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                place = folder / str(number) / one["Key"]
                place.parent.mkdir(parents=True)
                place.write_bytes(body)
        return bytes_with(folder, value)


def made_erasing(root: Path, aws: Aws, results: str = RESULTS) -> Erasing:
    """The lake with one landed file, one run and two results; `results` is the bucket that is made for these."""
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=aws.settings.bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.create_bucket(Bucket=results, CreateBucketConfiguration={"LocationConstraint": aws.settings.region})
    where = {"ResultConfiguration": {"OutputLocation": f"s3://{results}/athena/"}}
    aws.client("athena").create_work_group(Name=aws.settings.athena_workgroup, Configuration=where)
    s3.put_object(Bucket=results, Key="athena/a.csv", Body=f'"viewer_id"\n"{ANNA}"\n'.encode())
    s3.put_object(Bucket=results, Key="athena/b.csv", Body=f'"viewer_id"\n"{BODO}"\n'.encode())
    erasing = Erasing(root, aws, results)
    erasing.land("plain.jsonl", json_lines([*(record(n, ANNA if n % 2 else BODO) for n in range(8)), "{broken " + ANNA]))
    erasing.lake.run()
    return erasing
