"""A record of Kinesis as lines of a file: its bytes, or each of those that the producer library (KPL) packed into one record.

An aggregated record is four marking bytes, a Protocol Buffers message, and the message's MD5. The message's field 3 holds the packed
records, and their field 3 their bytes; keys are of no use here. What only looks alike, but for the MD5, is a record like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST = 16
RECORDS = DATA = 3
"""Number of the field: of the message, and of a packed record."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Kinds of fields of Protocol Buffers."""


def lines_of(data: bytes) -> bytes:
    """One line for each record in it; one without bytes becomes the line `null`, which no contract takes."""
    return b"".join((each.rstrip(b"\r\n") or b"null") + b"\n" for each in unpacked(data))


def unpacked(data: bytes) -> list[bytes]:
    """The records that a sender put into this one: most often it alone."""
    message = data[len(MAGIC) : -DIGEST]
    if not data.startswith(MAGIC) or hashlib.md5(message, usedforsecurity=False).digest() != data[-DIGEST:]:
        return [data]
    packed = (value for number, value in _fields(message) if number == RECORDS)
    return [b"".join(value for number, value in _fields(one) if number == DATA) for one in packed]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of the fields that have bytes, in order."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == VARINT:
            _, place = _varint(message, place)
        elif kind == BYTES:
            size, place = _varint(message, place)
            yield tag >> 3, message[place : place + size]
            place += size
        elif kind in (FIXED64, FIXED32):
            place += 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"a field of kind {kind} in an aggregated record")


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    value = shift = 0
    while True:
        byte = message[place]
        value, place, shift = value | (byte & 0x7F) << shift, place + 1, shift + 7
        if byte < 0x80:
            return value, place
