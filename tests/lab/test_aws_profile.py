"""A profile in S3 as people meet it: `doctor` through the command line, and processes that are killed while they hold a lake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.lock import LIFE, held
from infra.aws.object_store import S3ObjectStore
from tests.lab.moto_server import Moto
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_lake import make_aws_lake, profile_toml
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.lakes import RunningLake, event

ROOT = Path(__file__).parents[2]
EVENTS = [event(1, "JP", "2026-11-01 10:00"), event(2, "JP", "2026-11-01 20:00"), event(3, "DE", "2026-11-01 20:00", "heartbeat")]
LATE = [event(4, "JP", "2026-11-01 10:05"), event(5, "DE", "2026-11-02 10:00")]

DYING_RUN = """
import os, signal, sys
from pathlib import Path
from infra.aws.account import Aws
from infra.aws.settings import AwsSettings
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_faults import failing

root, url, service, operation, at = sys.argv[1:]
aws = Aws(AwsSettings("s3://ringi-test-lake/prefix", "eu-west-1", "alias/ringi-lake", endpoint_url=url,
                      definer_role="arn:aws:iam::123456789012:role/ringi-definer"))
with failing(aws, service, operation, lambda name, request: os.kill(os.getpid(), signal.SIGKILL), at=int(at)):
    AwsRunningLake(Path(root), aws, writers=1).run()
"""

DYING_LANDING = """
import os, signal, sys
from infra.aws.account import Aws
from infra.aws.lock import held
from infra.aws.object_store import S3ObjectStore
from infra.aws.settings import AwsSettings
from tests.support.aws_faults import failing

url, file = sys.argv[1:]
aws = Aws(AwsSettings("s3://ringi-test-lake/prefix", "eu-west-1", "alias/ringi-lake", endpoint_url=url))
store = S3ObjectStore(aws)
with held(aws, "land"), store.staging("events") as staging:
    staging.receive(file, "a", lambda _: None)
    staging.write("manifest.json", b"{}")
    with failing(aws, "s3", "PutObject", lambda name, request: os.kill(os.getpid(), signal.SIGKILL), only="events/one/manifest.json"):
        staging.keep("events/one")
"""


@pytest.fixture
def aws(moto: Moto) -> Aws:
    moto.reset()
    return make_aws_lake(endpoint_url=moto.url)


def killed(script: str, *arguments: object) -> None:
    """Run a script that kills itself."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(("service", "operation", "at"), [("glue", "UpdateTable", 3), ("s3", "PutObject", 12), ("s3", "CopyObject", 2)])
def test_a_killed_run_is_completed_by_the_next(aws: Aws, tmp_path: Path, service: str, operation: str, at: int) -> None:
    here, there = RunningLake(tmp_path / "here"), AwsRunningLake(tmp_path / "there", aws)
    for lake in (here, there):
        lake.events(EVENTS)
        lake.run()
        lake.events(LATE)
    here.run()
    before = there.everything()
    killed(DYING_RUN, tmp_path / "there", aws.settings.endpoint_url, service, operation, at)
    again = AwsRunningLake(tmp_path / "there", aws)
    again.run()
    assert again.everything() == here.everything() != before


def test_a_killed_landing_leaves_a_lock_that_ends_and_bytes_that_go(aws: Aws, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(b"x" * 100_000)
    killed(DYING_LANDING, aws.settings.endpoint_url, sent)
    s3, store, said = aws.client("s3"), S3ObjectStore(aws), list[str]()
    assert store.read("events/one/manifest.json") is None and store.exists("events/one/a")
    with held(aws, "land", life=LIFE / 60, say=said.append), store.staging("events"):
        assert [one["Key"] for one in s3.list_objects_v2(Bucket=aws.settings.bucket)["Contents"]] == ["prefix/.lock"]
    assert said[-1].startswith("another land (pid ") and said[-1].endswith("taking it over")


def test_doctor_says_what_the_account_lacks(aws: Aws, tmp_path: Path) -> None:
    small_project(tmp_path)
    with (tmp_path / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + profile_toml(aws.settings))
    told = ringi("--lake", tmp_path, "--profile", "aws", "--format", "json", "doctor")
    checks: dict[str, Any] = {check["name"]: check for check in json.loads(told.out)["checks"]}
    assert told.code == 1 and checks["AWS credentials"]["health"] == "ok"
    assert checks["Bucket policy"]["detail"] == "the policy does not refuse plain HTTP and puts with another encryption or none"
    assert "s3:PutBucketPolicy" in checks["Bucket policy"]["mend"]
