"""What the inlet needs of a Kinesis stream: its shards, and the records of one shard page by page.

Implemented by `infra/aws/kinesis.py`; a shard's records never change, and their sequence numbers grow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class About:
    """A stream: `made` tells it from another of the same name, `kept` is how long its records stay."""

    made: str
    kept: dt.timedelta


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard, open or closed; `parents` are the one that was split or the two that were merged into it."""

    name: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a shard; `sequence` is a whole number as text, `arrived` about when the stream took it."""

    sequence: str
    data: bytes
    arrived: dt.datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What one call gave. `behind`: records wait after these, though this page may be empty; `ended`: the shard is closed and read."""

    records: Sequence[Record]
    behind: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins: at a record (itself included), else at an instant, else at the oldest record that is kept."""

    at: str | None = None
    since: dt.datetime | None = None


class Shards(Protocol):
    """One stream. Every call may raise an error of the outside world that says what was being done."""

    @property
    def name(self) -> str:
        """The stream's name, without the account."""

    def about(self) -> About:
        """What the stream is now."""

    def shards(self) -> Sequence[Shard]:
        """All shards that still hold or may get records; the parents of some may be gone."""

    def pages(self, shard: str, start: Start, most: int) -> Iterator[Page]:
        """Records in order, `most` in all, then the end; a caller that has reached the newest record stops asking.

        Where the record to begin at is no longer kept, it begins with the oldest one that is.
        """
