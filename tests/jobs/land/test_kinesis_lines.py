"""Records of Kinesis as lines: alone, packed by the producer library, without bytes, and what only looks packed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.land.spark.kinesis.lines import MAGIC, lines_of, unpacked


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def packed(*records: bytes) -> bytes:
    """As the producer library packs: a table of keys, then each record with the number of its key."""
    message = field(1, b"key-1") + field(1, b"key-2") + field(2, b"340282366920938463463374607431768211455")
    message += b"".join(field(3, field(1, number % 2) + field(2, 0) + field(3, data)) for number, data in enumerate(records))
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


@given(st.lists(st.binary(max_size=300), max_size=8))
@settings(max_examples=60)
def test_packed_records_come_out_as_they_went_in(records: list[bytes]) -> None:
    assert unpacked(packed(*records)) == records


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_any_other_bytes_are_one_record(data: bytes) -> None:
    assert unpacked(data) == [data] and unpacked(MAGIC + data + b"x" * 16) == [MAGIC + data + b"x" * 16]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b'{"a":1}', b'{"a":1}\n'),
        (b'{"a":1}\r\n', b'{"a":1}\n'),
        (b'{"a":1}\n{"a":2}\n', b'{"a":1}\n{"a":2}\n'),
        (b"", b"null\n"),
        (packed(b'{"a":1}', b"", b'{"a":2}\n'), b'{"a":1}\nnull\n{"a":2}\n'),
    ],
)
def test_a_record_becomes_its_lines(data: bytes, lines: bytes) -> None:
    assert lines_of(data) == lines
