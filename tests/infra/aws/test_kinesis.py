"""A Kinesis stream read through boto3 from moto: shards and their parents, pages, expired iterators, throttling, deleted records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from infra.aws.account import Aws
from infra.aws.foreign import AccessRefusedError
from infra.aws.kinesis import EXPIRED_AT_MOST, KinesisShards, outside_lake
from infra.errors import InfraError
from jobs.land.spark.kinesis.gone import RecordsGoneError
from jobs.land.spark.kinesis.port import Start
from tests.lab.kinesis import taught_kinesis
from tests.support.aws_faults import error, failing
from tests.support.kinesis import Reader

if TYPE_CHECKING:
    from pathlib import Path

STREAM, PLACE = "viewing-events", "ringi.toml: `[streams.viewing_events]`"
FIRST = "shardId-000000000000"


@pytest.fixture(autouse=True)
def taught() -> Iterator[None]:
    with taught_kinesis():
        yield


@pytest.fixture
def stream(aws: Aws) -> KinesisShards:
    aws.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    return KinesisShards(aws, STREAM, PLACE)


def put(aws: Aws, *datas: bytes) -> None:
    aws.client("kinesis").put_records(StreamName=STREAM, Records=[{"Data": each, "PartitionKey": each.decode()} for each in datas])


def read(stream: KinesisShards, shard: str = FIRST, start: Start | None = None, most: int = 100) -> list[bytes]:
    """The records of a shard up to the newest."""
    found = []
    for page in stream.pages(shard, start or Start(), most):
        found += [record.data for record in page.records]
        if page.ended or not page.behind:
            break
    return found


def held() -> Any:
    """Moto's own stream."""
    from moto.kinesis.models import kinesis_backends

    return kinesis_backends["123456789012"]["eu-west-1"].streams[STREAM]


def test_a_stream_tells_its_age_its_shards_and_how_long_it_keeps_records(aws: Aws, stream: KinesisShards) -> None:
    about = stream.about()
    assert about.kept == dt.timedelta(hours=24) and dt.datetime.fromisoformat(about.made).tzinfo is not None
    aws.client("kinesis").split_shard(StreamName=STREAM, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    names = [(shard.name, shard.parents) for shard in stream.shards()]
    assert names == [(FIRST, ()), ("shardId-000000000001", (FIRST,)), ("shardId-000000000002", (FIRST,))]
    aws.client("kinesis").merge_shards(StreamName=STREAM, ShardToMerge=names[1][0], AdjacentShardToMerge=names[2][0])
    assert stream.shards()[-1].parents == (names[1][0], names[2][0])


def test_records_come_in_order_from_where_reading_begins(aws: Aws, stream: KinesisShards) -> None:
    put(aws, b"a", b"b", b"c")
    (page,) = stream.pages(FIRST, Start(), 3)
    assert [record.data for record in page.records] == [b"a", b"b", b"c"] and not page.ended
    assert read(stream, start=Start(at=page.records[1].sequence)) == [b"b", b"c"]
    assert read(stream, most=2) == [b"a", b"b"]
    assert read(stream, start=Start(since=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))) == [b"a", b"b", b"c"]
    by_arn = KinesisShards(aws, held().arn, PLACE)
    assert by_arn.name == STREAM and read(by_arn) == [b"a", b"b", b"c"]


def test_a_closed_shard_has_an_end(aws: Aws, stream: KinesisShards) -> None:
    put(aws, b"a")
    aws.client("kinesis").split_shard(StreamName=STREAM, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    put(aws, b"b")
    pages = list(stream.pages(FIRST, Start(), 10))
    assert pages[-1].ended and [record.data for page in pages for record in page.records] == [b"a"]


def test_an_expired_iterator_is_asked_for_anew_behind_the_last_record(aws: Aws, stream: KinesisShards) -> None:
    put(aws, b"a", b"b")
    pages = stream.pages(FIRST, Start(), 10)
    with failing(aws, "kinesis", "GetRecords", error("ExpiredIteratorException"), at=1, times=2) as calls:
        assert [record.data for record in next(pages).records] == [b"a", b"b"]
    put(aws, b"c")
    with failing(aws, "kinesis", "GetRecords", error("ExpiredIteratorException"), at=1, times=2) as calls:
        assert [record.data for record in next(pages).records] == [b"c"] and calls.failed == 2
    with (
        failing(aws, "kinesis", "GetRecords", error("ExpiredIteratorException"), at=1, times=99) as calls,
        pytest.raises(InfraError, match=f"While reading `{FIRST}` of the Kinesis stream `viewing-events`"),
    ):
        read(stream)
    assert calls.failed == EXPIRED_AT_MOST


def test_throttled_calls_are_sent_again(aws: Aws, stream: KinesisShards) -> None:
    put(aws, b"a")
    with failing(aws, "kinesis", "GetRecords", error("ProvisionedThroughputExceededException"), at=1, times=2) as calls:
        assert read(stream) == [b"a"] and calls.failed == 2


def test_a_shard_that_stays_throttled_says_so(aws: Aws, stream: KinesisShards) -> None:
    throttled = error("ProvisionedThroughputExceededException")
    with failing(aws, "kinesis", "GetRecords", throttled, at=1, times=99), pytest.raises(InfraError, match="asked for fewer calls") as told:
        read(stream)
    assert "RNG-INF-032" in str(told.value.hint)


@pytest.mark.parametrize("code", ["InvalidArgumentException", None])
def test_reading_at_a_record_that_kinesis_does_not_know_any_more(aws: Aws, stream: KinesisShards, code: str | None) -> None:
    put(aws, b"a", b"b")
    if code:
        with failing(aws, "kinesis", "GetShardIterator", error(code), at=1, times=1):
            assert read(stream, start=Start(at="1")) == [b"a", b"b"]
    else:
        held().shards[FIRST].records.clear()
        assert read(stream, start=Start(at="1")) == []


def test_reading_after_a_deleted_record_begins_with_the_oldest_that_is_kept(aws: Aws, stream: KinesisShards) -> None:
    put(aws, b"a", b"b", b"c")
    for sequence in (1, 2):
        del held().shards[FIRST].records[sequence]
    assert read(stream, start=Start(at="1")) == [b"c"]


def test_the_inlet_lands_every_record_once_through_a_split_and_stops_at_deleted_ones(
    aws: Aws, stream: KinesisShards, tmp_path: Path
) -> None:
    clock = dt.datetime.now(dt.UTC)
    reader = Reader(_Clocked(stream, clock), tmp_path)  # type: ignore[arg-type]  # the stream of moto, with a clock of the test's
    put(aws, b"0", b"1")
    reader.look()
    put(aws, b"2")
    aws.client("kinesis").split_shard(StreamName=STREAM, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    put(aws, *(b"%d" % number for number in range(3, 40)))
    reader.records_a_batch = 10
    reader.catch_up()
    assert reader.landed[:3] == [b"0", b"1", b"2"] and sorted(reader.landed, key=int) == [b"%d" % number for number in range(40)]
    for shard in held().shards.values():
        shard.records.clear()
    reader.look()
    reader.shards.now = clock + dt.timedelta(days=2)
    with pytest.raises(RecordsGoneError, match="may have been deleted before they were landed"):
        reader.look()


class _Clocked:
    """A stream and the clock by which its reader goes."""

    def __init__(self, stream: KinesisShards, now: dt.datetime) -> None:
        self.name, self.now = stream.name, now
        self.about, self.shards, self.pages = stream.about, stream.shards, stream.pages


def test_a_stream_that_is_not_there_is_named_with_the_place_of_its_setting(aws: Aws) -> None:
    with pytest.raises(InfraError, match=r"There is no Kinesis stream `nowhere` in eu-west-1") as told:
        KinesisShards(aws, "nowhere", PLACE).about()
    assert "mend `stream` or `region` in ringi.toml: `[streams.viewing_events]`" in str(told.value.hint)


def test_without_credentials_a_person_is_told_to_sign_in(aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(AccessRefusedError, match="asking about the Kinesis stream `viewing-events`, no AWS credentials were found"):
        KinesisShards(outside_lake("eu-west-1", None), STREAM, PLACE).about()
