"""Maintenance of a lake in S3 and Glue: the same steps through the same ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.aws.account import Aws
from tests.support.aws_engine import AwsRunningLake
from tests.support.lakes import event
from tests.support.maintaining import maintained


@pytest.fixture
def lake(aws: Aws, tmp_path: Path) -> AwsRunningLake:
    """Three landings of one day, computed after each."""
    lake = AwsRunningLake(tmp_path / "lake", aws)
    for number in range(3):
        lake.events([event(10 * number, "JP", f"2026-11-01 1{number}:00")])
        lake.run()
    return lake


def objects(aws: Aws) -> set[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=aws.settings.bucket)
    return {
        f"s3://{aws.settings.bucket}/{one['Key']}" for page in pages for one in page.get("Contents", ()) if one["Key"].endswith(".parquet")
    }


def test_small_files_are_merged_and_strays_removed_with_the_same_numbers(lake: AwsRunningLake, aws: Aws) -> None:
    seen = lake.everything()
    listed = set(maintained(lake, dry_run=True).strays)
    assert listed and lake.everything() == seen
    maintained(lake)
    maintained(lake)
    assert len(lake.tables.files("bronze.viewing_events")) == 1
    assert lake.everything() == seen and lake.run().did_nothing
    names = [name for namespace in lake.tables.namespaces() for name in lake.tables.names(namespace)]
    kept = ((name, snapshot.id) for name in names for snapshot in lake.tables.snapshots(name))
    assert objects(aws) == {file.path for name, snapshot in kept for file in lake.tables.files(name, snapshot_id=snapshot)}
