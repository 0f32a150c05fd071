"""Reads Avro container files, as far as Iceberg's manifests need it: PyIceberg can, but takes a second to import.

Records are dicts by field name; Iceberg's maps (arrays of key and value) stay lists. Used by `iceberg_metadata.py` only.
"""

from __future__ import annotations

import io
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[io.BytesIO], Any]

MAGIC = b"Obj\x01"


class AvroError(ValueError):
    """The bytes are not an Avro file that this reader understands."""


def read(data: bytes) -> list[dict[str, Any]]:
    """All records of a container file; AvroError where the bytes are damaged or hold something else."""
    try:
        return _records(data)
    except AvroError:
        raise
    except (KeyError, ValueError, IndexError, TypeError, OverflowError, MemoryError, zlib.error) as error:
        raise AvroError("the bytes are damaged") from error


def _records(data: bytes) -> list[dict[str, Any]]:
    stream = io.BytesIO(data)
    if stream.read(4) != MAGIC:
        raise AvroError("not an Avro file")
    header = {pair["key"].decode(): pair["value"] for pair in _blocks(stream, _pair)}
    sync = stream.read(16)
    decode = _reader(json.loads(header["avro.schema"]))
    unpack = _codec(header.get("avro.codec", b"null").decode())
    records: list[dict[str, Any]] = []
    while stream.tell() < len(data):
        count, size = _long(stream), _long(stream)
        block = io.BytesIO(unpack(stream.read(size)))
        records.extend(decode(block) for _ in range(count))
        if stream.read(16) != sync:
            raise AvroError("a block is cut short or damaged")
    return records


def _codec(name: str) -> Callable[[bytes], bytes]:
    if name == "null":
        return lambda data: data
    if name == "deflate":
        return lambda data: zlib.decompress(data, wbits=-15)
    if name in ("zstandard", "zstd"):
        import zstandard

        return lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)
    raise AvroError(f"the codec `{name}` is not known")


def _reader(schema: Any) -> Read:
    """A schema as the function that reads one value of it."""
    if isinstance(schema, list):
        branches = [_reader(branch) for branch in schema]
        return lambda stream: branches[_long(stream)](stream)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        fields = [(field["name"], _reader(field["type"])) for field in schema["fields"]]
        return lambda stream: {name: decode(stream) for name, decode in fields}
    if kind == "array":
        item = _reader(schema["items"])
        return lambda stream: _blocks(stream, item)
    if kind == "map":
        value = _reader(schema["values"])
        return lambda stream: _blocks(stream, lambda inner: {"key": _bytes(inner), "value": value(inner)})
    if kind == "fixed":
        size = schema["size"]
        return lambda stream: stream.read(size)
    if isinstance(kind, dict | list):
        return _reader(kind)
    if kind not in _SIMPLE:
        raise AvroError(f"the type `{kind}` is not known")
    return _SIMPLE[kind]


def _blocks(stream: io.BytesIO, item: Read) -> list[Any]:
    values: list[Any] = []
    while count := _long(stream):
        if count < 0:  # a negative count is followed by the block's size in bytes
            count = -count
            _long(stream)
        values.extend(item(stream) for _ in range(count))
    return values


def _pair(stream: io.BytesIO) -> dict[str, bytes]:
    return {"key": _bytes(stream), "value": _bytes(stream)}


def _long(stream: io.BytesIO) -> int:
    shift = result = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise AvroError("the file ends in the middle of a value")
        result |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (result >> 1) ^ -(result & 1)
        shift += 7


def _bytes(stream: io.BytesIO) -> bytes:
    return stream.read(_long(stream))


_SIMPLE: dict[str, Read] = {
    "null": lambda stream: None,
    "boolean": lambda stream: stream.read(1) == b"\x01",
    "int": _long,
    "long": _long,
    "float": lambda stream: stream.read(4),
    "double": lambda stream: stream.read(8),
    "bytes": _bytes,
    "string": lambda stream: _bytes(stream).decode(),
}
