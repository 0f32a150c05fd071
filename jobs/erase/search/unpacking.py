"""What a file holds when everything in it is unpacked: the bytes in which a value could stand, as streams.

gzip and zstd are unpacked, Parquet page by page with its footer, Avro block by block; whatever else comes as it is. A stream is
an iterator of blocks. Where a file is damaged, what can be read of it is given, and then UnreadableError is raised.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from jobs.erase.search.thrift import NotThriftError, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 4 * 2**20
DEEPEST = 4
_GZIP, _ZSTD, _PARQUET, _AVRO = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"Obj\x01"
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
_HEADER = 64 * 1024


class UnreadableError(ValueError):
    """A part of a file cannot be unpacked; the text says which."""


Stream = "Iterator[bytes]"


def streams(file: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The file as it is, and all that is packed in it. Every stream must be read to its end before the next is taken."""
    yield _blocks(file)
    file.seek(0)
    head = file.read(4)
    if head.startswith(_PARQUET):
        yield from _parquet(file)
    elif head.startswith(_AVRO):
        yield from _avro(file)
    elif head.startswith((_GZIP, _ZSTD)):
        file.seek(0)
        yield _inflated(file, is_gzip=head.startswith(_GZIP))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK):
        yield block


def _inflated(file: BinaryIO, *, is_gzip: bool) -> Iterator[bytes]:
    """The content of a compressed file; of several members or frames one after the other."""
    if is_gzip:
        yield from _gunzipped(file)
        return
    import pyarrow as pa

    try:
        with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as stream:
            while block := stream.read(BLOCK):
                yield block
    except OSError as error:
        raise UnreadableError("its compressed data is damaged") from error


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    member = zlib.decompressobj(31)
    while packed := file.read(BLOCK):
        while packed:
            try:
                yield member.decompress(packed)
            except zlib.error as error:
                raise UnreadableError("its compressed data is damaged") from error
            packed = member.unused_data if member.eof else b""
            if member.eof:
                member = zlib.decompressobj(31)
                packed = packed.lstrip(b"\0")
    yield member.flush()


def _parquet(file: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The pages of every column; statistics and names stand in the footer, which is not compressed."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file.seek(0)
        footer = parquet.read_metadata(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableError("it is no whole Parquet file") from error
    for group in range(footer.num_row_groups):
        for number in range(footer.num_columns):
            column = footer.row_group(group).column(number)
            if not column.num_values:
                continue
            start = min(place for place in (column.data_page_offset, column.dictionary_page_offset) if place is not None)
            yield _pages(file, start, start + column.total_compressed_size, column.compression.lower())


def _pages(file: BinaryIO, start: int, end: int, codec: str) -> Iterator[bytes]:
    at = start
    while at < end:
        file.seek(at)
        reader = Reader(file.read(min(_HEADER, end - at)))
        try:
            header = reader.struct()
            unpacked, packed = int(header[2]), int(header[3])
        except (NotThriftError, KeyError) as error:
            raise UnreadableError("a page of it has no readable header") from error
        file.seek(at + reader.at)
        yield _page(file.read(packed), unpacked, codec, header)
        at += reader.at + packed


def _page(raw: bytes, unpacked: int, codec: str, header: dict[int, Any]) -> bytes:
    """The content of a page; in a page of the second version the levels before the values are not compressed."""
    levels = 0
    if header.get(1) == _DATA_V2:
        about = header.get(8, {})
        levels = int(about.get(5, 0)) + int(about.get(6, 0))
        if about.get(7) is False:
            return raw
    return raw[:levels] + _decompressed(raw[levels:], unpacked - levels, codec)


def _decompressed(raw: bytes, size: int, codec: str) -> bytes:
    if codec == "uncompressed" or size <= 0:
        return raw
    import pyarrow as pa

    try:
        return bytes(pa.Codec("lz4_raw" if codec == "lz4" else codec).decompress(raw, decompressed_size=size))
    except (OSError, ValueError) as error:
        raise UnreadableError("a page of it cannot be unpacked") from error


def _avro(file: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The blocks of an Avro file, such as an Iceberg manifest with the bounds of its files."""
    yield _avro_blocks(file)


def _avro_blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(4)
    codec = _avro_codec(file)
    unpack = _AVRO_CODECS.get(codec)
    if unpack is None:
        raise UnreadableError(f"it is an Avro file packed with `{codec}`")
    file.read(16)
    try:
        while (count := _avro_number(file, end_is_fine=True)) is not None:
            raw = file.read(_avro_number(file) or 0)
            yield unpack(raw) if count else b""
            file.read(16)
    except (zlib.error, OSError, ValueError) as error:
        raise UnreadableError("a block of it cannot be unpacked") from error


def _avro_codec(file: BinaryIO) -> str:
    codec = "null"
    while count := _avro_number(file):
        if count < 0:
            _avro_number(file)
        for _ in range(abs(count)):
            name = file.read(_avro_number(file) or 0)
            value = file.read(_avro_number(file) or 0)
            codec = value.decode(errors="replace") if name == b"avro.codec" else codec
    return codec


def _avro_number(file: BinaryIO, *, end_is_fine: bool = False) -> int | None:
    found = shift = 0
    while byte := file.read(1):
        found |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return (found >> 1) ^ -(found & 1)
        shift += 7
    if end_is_fine and not shift:
        return None
    raise UnreadableError("it ends too early")


def _zstd(raw: bytes) -> bytes:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as stream:
        return bytes(stream.read())


def _snappy(raw: bytes) -> bytes:
    import pyarrow as pa

    size = shift = 0
    for byte in raw[:5]:
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    return bytes(pa.Codec("snappy").decompress(raw[:-4], decompressed_size=size))


_AVRO_CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda raw: raw,
    "deflate": lambda raw: zlib.decompress(raw, -15),
    "zstandard": _zstd,
    "snappy": _snappy,
}
