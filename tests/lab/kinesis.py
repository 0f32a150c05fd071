"""What moto's Kinesis lacks: a shard that was split or merged keeps its records and takes no more, and reading it comes to an end.

Moto moves the records of a closed shard and gives it iterators for ever. Here, as on AWS, a closed shard is read to its end, where
there is no next iterator, and new records go to open shards. Used by the lab's server and by tests that have moto in their process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.models import Shard, Stream
from moto.kinesis.responses import KinesisResponse
from moto.kinesis.utils import decompose_shard_iterator
from moto.utilities.utils import md5_hash


def open_shard_for_key(stream: Any, partition_key: str, explicit_hash_key: str) -> Shard | None:
    """The open shard whose range the key is in."""
    key = int(explicit_hash_key) if explicit_hash_key else int(md5_hash(partition_key.encode()).hexdigest(), 16)
    return next((each for each in stream.shards.values() if each.is_open and each.starting_hash <= key <= each.ending_hash), None)


def split(stream: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
    """Two open shards in the place of one."""
    parent, middle = stream.shards[shard_to_split], int(new_starting_hash_key)
    parent.is_open = False
    for start, end in ((parent.starting_hash, middle - 1), (middle, parent.ending_hash)):
        _added(stream, start, end, parent.shard_id, None)


def merge(stream: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
    """One open shard in the place of two."""
    one, other = stream.shards[shard_to_merge], stream.shards[adjacent_shard_to_merge]
    one.is_open = other.is_open = False
    start, end = min(one.starting_hash, other.starting_hash), max(one.ending_hash, other.ending_hash)
    _added(stream, start, end, one.shard_id, other.shard_id)


def records_until_the_end(response: Any) -> ActionResult:
    """The answer to GetRecords, without a next iterator where a closed shard is read to its end."""
    answer = GET_RECORDS(response)
    told: Any = answer.result
    name, shard_id, last = decompose_shard_iterator(told["NextShardIterator"])
    shard = response.kinesis_backend.describe_stream(response._get_param("StreamARN"), name).get_shard(shard_id)
    if not shard.is_open and int(last) >= shard.get_max_sequence_number():
        told["NextShardIterator"] = None
    return answer


GET_RECORDS = KinesisResponse.get_records
LESSONS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (Stream, "get_shard_for_key", open_shard_for_key),
    (Stream, "split_shard", split),
    (Stream, "merge_shards", merge),
    (KinesisResponse, "get_records", records_until_the_end),
)
"""What takes the place of what in moto."""


def teach_kinesis() -> None:
    """Make moto's Kinesis of this process behave so."""
    for kind, name, function in LESSONS:
        setattr(kind, name, function)


@contextmanager
def taught_kinesis() -> Iterator[None]:
    """The same for a block."""
    before = [(kind, name, getattr(kind, name)) for kind, name, _ in LESSONS]
    teach_kinesis()
    try:
        yield
    finally:
        for kind, name, function in before:
            setattr(kind, name, function)


def _added(stream: Any, start: int, end: int, parent: str, adjacent: str | None) -> None:
    shard = Shard(len(stream.shards), start, end, parent, adjacent)
    stream.shards[shard.shard_id] = shard
