"""`ringi stream` from a Kinesis stream: each record once, also when it is killed again and again while the stream is split."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_kill_stream import file
from tests.journeys.test_stream_kafka import held
from tests.lab.moto_server import REGION, Moto, aws_environment, moto_running
from tests.support.aws_lake import aws_settings, profile_toml
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.spark import need_java

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STREAM = "viewing-events"
POINTS = ("stream_read", "stream_fixed", "land_committed", "stream_landed")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_running(tmp_path_factory.mktemp("moto")) as moto, aws_environment(moto):
        moto.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        yield moto


def project(root: Path, section: str) -> Path:
    lake = small_project(root)
    with (lake / "ringi.toml").open("a", encoding="utf-8") as toml:
        toml.write(f'\n[streams.viewing_events]\nconnector = "kinesis"\n{section}\n')
    return lake


def send(aws: Moto, content: bytes) -> None:
    records = [{"Data": line, "PartitionKey": str(number)} for number, line in enumerate(content.splitlines())]
    aws.client("kinesis").put_records(StreamName=STREAM, Records=records)


def alone(lake: Path, kill_at: str = "") -> subprocess.CompletedProcess[str]:
    """The stream once, in a process and a Java of its own."""
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake), "stream", "viewing_events", "--once"]
    return subprocess.run(command, env={**os.environ, "RINGI_KILL_AT": kill_at}, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.lab
def test_a_stream_that_is_killed_and_split_lands_each_record_once(tmp_path: Path, aws: Moto) -> None:
    need_java()
    unharmed = small_project(tmp_path / "unharmed")
    killed = project(tmp_path / "killed", f'stream = "{STREAM}"\nregion = "{REGION}"\nendpoint_url = "{aws.url}"\nrecords_a_batch = 12')
    sent = b""
    for number, point in enumerate(POINTS):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(file(number))
        assert ringi("land", "viewing_events", path, lake=unharmed).code == 0
        send(aws, file(number))
        sent += file(number)
        if number == 1:
            aws.client("kinesis").split_shard(StreamName=STREAM, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
        died = alone(killed, point)
        assert died.returncode == -signal.SIGKILL, died.stderr
        shutil.rmtree(killed / "warehouse" / ".streams", ignore_errors=True)  # as if it went on, on another machine
    done = alone(killed)
    assert done.returncode == 0 and done.stdout.startswith("micro-batch "), done.stderr
    kept = [path for path in (killed / "warehouse" / "landing").rglob("*.jsonl*") if path.is_file()]
    assert Counter(line for path in kept for line in path.read_bytes().splitlines()) == Counter(sent.splitlines())
    for table, column in (("bronze.viewing_events", "event_id"), ("quarantine.viewing_events", "content")):
        assert held(killed, table, column) == held(unharmed, table, column)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('region = "eu-west-1"', "ringi.toml: `[streams.viewing_events]`: `stream` is None."),
        ('stream = "a b"', "`stream` is 'a b'."),
        ('stream = "s"', "ringi.toml: `[streams.viewing_events]` lacks `region`."),
        ('stream = "s"\nregion = "Ireland"', "`region` is 'Ireland'."),
        ('stream = "arn:aws:kinesis:us-east-1:123456789012:stream/s"\nregion = "eu-west-1"', "the ARN of `stream` is of 'us-east-1'"),
        ('stream = "s"\nendpoint_url = "localhost"', "`endpoint_url` is 'localhost'."),
        ('stream = "s"\nstart = "yesterday"', "`start` is 'yesterday'."),
        ('stream = "s"\nstart = 2026-11-22T00:00:00', "`start` is '2026-11-22 00:00:00'."),
        ('stream = "s"\nrecords_a_batch = true', "`records_a_batch` is True."),
        ('stream = "s"\ntopic = "t"', "has an unknown field `topic`."),
    ],
)
def test_a_section_with_faults_is_refused_with_its_place(tmp_path: Path, section: str, said: str) -> None:
    done = ringi("stream", "viewing_events", "--once", lake=project(tmp_path, section))
    assert done.code == 2 and said in done.err and "Hint: " in done.err


def test_a_stream_that_is_not_there_is_told_before_spark_is_started(tmp_path: Path, aws: Moto) -> None:
    lake = project(tmp_path, f'stream = "nowhere"\nregion = "{REGION}"\nendpoint_url = "{aws.url}"')
    done = ringi("stream", "viewing_events", "--once", lake=lake)
    assert done.code == 5 and "There is no Kinesis stream `nowhere` in eu-west-1" in done.err
    assert "mend `stream` or `region` in ringi.toml: `[streams.viewing_events]`" in done.err and "Traceback" not in done.err


def test_the_region_and_the_endpoint_of_an_aws_profile_are_the_streams_too(tmp_path: Path, aws: Moto) -> None:
    lake = project(tmp_path, 'stream = "elsewhere"')
    with (lake / "ringi.toml").open("a", encoding="utf-8") as toml:
        toml.write(f"\n{profile_toml(aws_settings(endpoint_url=aws.url))}")
    done = ringi("--profile", "aws", "stream", "viewing_events", "--once", lake=lake)
    assert done.code == 5 and f"There is no Kinesis stream `elsewhere` in {REGION}" in done.err


def test_without_credentials_a_person_is_told_to_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    lake = project(tmp_path, f'stream = "s"\nregion = "{REGION}"')
    done = ringi("stream", "viewing_events", "--once", lake=lake)
    assert done.code == 4 and "no AWS credentials were found" in done.err and "sign in" in done.err


def test_without_the_packages_of_aws_a_person_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    lake = project(tmp_path, f'stream = "s"\nregion = "{REGION}"')
    done = ringi("stream", "viewing_events", "--once", lake=lake)
    assert done.code == 5 and "pip install 'ringi[spark,aws]'" in done.err and "Traceback" not in done.err
