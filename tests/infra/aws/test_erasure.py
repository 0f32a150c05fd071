"""Erasure of a lake in S3 and Glue: older versions of objects go too, or the receipt says that they are still there."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.aws.account import Aws
from tests.support.aws_erasing import RESULTS, Erasing, made_erasing
from tests.support.aws_faults import failing, s3_error
from tests.support.erasing import ANNA, BODO, as_parquet, record


@pytest.fixture
def erasing(aws: Aws, tmp_path: Path) -> Erasing:
    return made_erasing(tmp_path, aws)


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
    erasing = Erasing(tmp_path, aws, RESULTS)
    aws.client("s3").create_bucket(Bucket=RESULTS, CreateBucketConfiguration={"LocationConstraint": aws.settings.region})
    erasing.land("table.parquet", as_parquet([record(n, ANNA if n == 2 else BODO) for n in range(6)]))
    assert erasing.erase(f"viewer_id={ANNA}").said["complete"]
    assert erasing.holding(ANNA, tmp_path / "after") == []
