"""What the makers of calls share: boto3's name of the service, and cutting a list into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

SERVICE = "lakeformation"
T = TypeVar("T")


def batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same in lists of at most `size`."""
    remaining = iter(found)
    while batch := list(islice(remaining, size)):
        yield batch
