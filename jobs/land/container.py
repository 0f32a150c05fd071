"""A landed object as a stream of bytes: its compression is told by its content, and damage by what decompressing says.

Used by the readers of `lines.py`, `delimited.py` and `sniff.py`. Memory is bounded: nothing is ever read whole.
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from jobs.land.report import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

BLOCK = 4 * 2**20
"""Bytes that a reader asks for at once, after decompressing."""


class Codec(StrEnum):
    """How an object is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class RefusedFileError(Exception):
    """The file is not what the contract says; carries the fault and never leaves this package."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def codec_of(head: bytes) -> Codec:
    """The compression that the first bytes announce; a zstd stream may begin with a skippable frame."""
    if head.startswith(b"\x1f\x8b"):
        return Codec.GZIP
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        return Codec.ZSTD
    return Codec.NONE


@contextmanager
def unpacked(raw: BinaryIO, codec: Codec) -> Iterator[Callable[[int], bytes]]:
    """A function that reads up to so many bytes of what the object holds, `b""` at the end.

    Raises RefusedFileError where the compressed stream is cut short, damaged, or followed by something else.
    """
    if codec is Codec.NONE:
        yield raw.read
        return
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(raw, "r"), codec.value) as stream:
        yield lambda size: _read(stream, size, codec)


def _read(stream: Any, size: int, codec: Codec) -> bytes:
    try:
        data: bytes = stream.read(size)
    except OSError as error:
        if error.errno:  # the disk, not the file
            raise
        raise RefusedFileError(_damaged(codec, str(error))) from error
    return data


def _damaged(codec: Codec, told: str) -> Fault:
    if "Truncated" in told:
        return Fault(
            "RNG-JOB-002", f"It is cut short: the {codec} data ends before its end.", "ask the sender for the whole file and land that."
        )
    return Fault(
        "RNG-JOB-002", f"Its {codec} data is damaged, or something follows its end.", "ask the sender for the file again and land that."
    )
