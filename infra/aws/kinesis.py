"""A Kinesis stream as the streaming landing reads it: implements `jobs.land.spark.kinesis.port.Shards` with boto3.

Made by `ringi/operations/streaming.py`. Calls that Kinesis throttled are sent again by the account's client, after growing, random pauses; an
iterator that expired is asked for anew behind the last record that came.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from infra.aws.account import Aws
from infra.aws.foreign import code_of, translated
from infra.aws.settings import AwsSettings
from infra.errors import InfraError
from jobs.land.spark.kinesis.port import About, Page, Record, Shard, Start

RECORDS_A_CALL = 10_000
PAUSE_SECONDS = 0.2
"""Between two calls for one shard: Kinesis lets all readers of a shard make five a second."""

EXPIRED_AT_MOST = 5
"""An iterator lives five minutes; so many that expire one after another are no accident."""


LOOKS_AT_START = 3


def outside_lake(region: str, endpoint_url: str | None) -> Aws:
    """An account that is asked for streams only, where the lake is on this machine or in another region.

    Raises InfraError where AWS's packages are not installed: a lake on this machine does without them.
    """
    try:
        import boto3  # noqa: F401  only whether it is there
    except ModuleNotFoundError as error:
        raise InfraError("AWS's packages are not installed here.", hint="install them with: pip install 'ringi[spark,aws]'") from error
    return Aws(AwsSettings(warehouse="", region=region, kms_key="", endpoint_url=endpoint_url))


class KinesisShards:
    """One stream, given by its name or its ARN; `place` is where the settings are that named it, for the remedy."""

    def __init__(self, aws: Aws, stream: str, place: str) -> None:
        self._aws, self._place = aws, place
        self._stream = {"StreamARN": stream} if stream.startswith("arn:") else {"StreamName": stream}
        self.name = stream.rpartition("/")[2]

    def about(self) -> About:
        with self._doing("asking about"):
            told = self._client.describe_stream_summary(**self._stream)["StreamDescriptionSummary"]
        if told["StreamStatus"] in ("CREATING", "DELETING"):
            said = f"The Kinesis stream `{self.name}` is {told['StreamStatus']}."
            raise InfraError(said, hint="run the same command again when it is ACTIVE.")
        return About(told["StreamCreationTimestamp"].astimezone(dt.UTC).isoformat(), dt.timedelta(hours=told["RetentionPeriodHours"]))

    def shards(self) -> Sequence[Shard]:
        found: list[Shard] = []
        words: dict[str, Any] = dict(self._stream)
        with self._doing("listing the shards of"):
            while words:
                answer = self._client.list_shards(**words)
                for one in answer["Shards"]:
                    parents = (one.get("ParentShardId"), one.get("AdjacentParentShardId"))
                    found.append(Shard(one["ShardId"], tuple(parent for parent in parents if parent)))
                words = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}  # which takes the name's place
        return found

    def pages(self, shard: str, start: Start, most: int) -> Iterator[Page]:
        with self._doing(f"reading `{shard}` of"):
            cursor = _Cursor(self._client, {**self._stream, "ShardId": shard}, start)
        while most > 0:
            with self._doing(f"reading `{shard}` of"):
                page = cursor.page(min(RECORDS_A_CALL, most))
            yield page
            if page.ended:
                return
            most -= len(page.records)
            time.sleep(PAUSE_SECONDS)

    @property
    def _client(self) -> Any:
        return self._aws.client("kinesis")

    @contextmanager
    def _doing(self, doing: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with translated(f"{doing} the Kinesis stream `{self.name}`"):
            try:
                yield
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                where = self._aws.settings.region
                hint = f"mend `stream` or `region` in {self._place}, or make the stream."
                raise InfraError(
                    f"There is no Kinesis stream `{self.name}` in {where}, or it lacks a shard that it had.", hint=hint
                ) from error


class _Cursor:
    """Where reading of one shard stands. Raises botocore's errors."""

    def __init__(self, client: Any, shard: dict[str, str], start: Start) -> None:
        self._client, self._shard, self._start = client, shard, start
        self._last: str | None = None
        self._iterator: str | None = self._begun()

    def page(self, limit: int) -> Page:
        """The next records; a page may be empty."""
        answer = self._answered(limit)
        records = [Record(one["SequenceNumber"], one["Data"], one["ApproximateArrivalTimestamp"]) for one in answer["Records"]]
        if records:
            self._last = records[-1].sequence
        self._iterator = answer.get("NextShardIterator")
        return Page(records, bool(answer.get("MillisBehindLatest")), self._iterator is None)

    def _answered(self, limit: int) -> Any:
        from botocore.exceptions import ClientError

        for attempt in range(1, EXPIRED_AT_MOST + 1):
            try:
                return self._client.get_records(ShardIterator=self._iterator, Limit=limit, **self._arn)
            except ClientError as error:
                if code_of(error) != "ExpiredIteratorException" or attempt == EXPIRED_AT_MOST:
                    raise
            self._iterator = self._at("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=self._last) if self._last else self._begun()
        raise AssertionError("the last attempt gave or raised")

    def _begun(self) -> str:
        """The iterator to begin with: at the oldest record where the one to begin at is no longer kept."""
        from botocore.exceptions import ClientError

        if self._start.at is None:
            return self._at("AT_TIMESTAMP", Timestamp=self._start.since) if self._start.since else self._at("TRIM_HORIZON")
        try:
            iterator = self._at("AT_SEQUENCE_NUMBER", StartingSequenceNumber=self._start.at)
            there = self._gives_records(iterator)
        except ClientError as error:
            if code_of(error) != "InvalidArgumentException":
                raise
            there = False
        return iterator if there else self._at("TRIM_HORIZON")

    def _gives_records(self, iterator: str | None) -> bool:
        """Whether records come soon; behind a record that was deleted none may come for a very long time."""
        for _ in range(LOOKS_AT_START):
            answer = self._client.get_records(ShardIterator=iterator, Limit=1, **self._arn)
            iterator = answer.get("NextShardIterator")
            if answer["Records"] or iterator is None:
                return bool(answer["Records"])
            time.sleep(PAUSE_SECONDS)
        return False

    def _at(self, kind: str, **words: Any) -> str:
        found: str = self._client.get_shard_iterator(**self._shard, ShardIteratorType=kind, **words)["ShardIterator"]
        return found

    @property
    def _arn(self) -> dict[str, str]:
        return {name: value for name, value in self._shard.items() if name == "StreamARN"}
