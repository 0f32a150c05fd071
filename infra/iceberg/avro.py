"""Avro object container files, as far as Iceberg's manifests need them: read any, write deflate.

Records are dicts by field name. Iceberg's maps (arrays of key/value records) become dicts. Used by `manifests.py` only.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAGIC = b"Obj\x01"
Schema = Any
"""An Avro schema as parsed JSON."""
Read = Callable[[io.BytesIO], Any]
Write = Callable[[io.BytesIO, Any], object]


class AvroError(ValueError):
    """The bytes are not an Avro file that this reader understands."""


def read(data: bytes) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
    """All records of a container file, and its header's metadata."""
    stream = io.BytesIO(data)
    if stream.read(4) != MAGIC:
        raise AvroError("not an Avro file")
    header = {key: value.decode("utf-8", "replace") for key, value in _read_map(stream, _read_bytes).items()}
    sync = stream.read(16)
    decode = _reader(json.loads(header["avro.schema"]))
    unpack = _codec(header.get("avro.codec", "null"))
    records: list[dict[str, Any]] = []
    while stream.tell() < len(data):
        count, size = _read_long(stream), _read_long(stream)
        block = io.BytesIO(unpack(stream.read(size)))
        records.extend(decode(block) for _ in range(count))
        if stream.read(16) != sync:
            raise AvroError("a block of the Avro file is cut short or damaged")
    return records, header


def write(schema: Schema, records: Sequence[Mapping[str, Any]], metadata: Mapping[str, str]) -> bytes:
    """A container file of one deflated block."""
    block = io.BytesIO()
    encode = _writer(schema)
    for record in records:
        encode(block, record)
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(block.getvalue()) + packer.flush()
    out, sync = io.BytesIO(), os.urandom(16)
    out.write(MAGIC)
    header = {**metadata, "avro.codec": "deflate", "avro.schema": json.dumps(schema)}
    _write_long(out, len(header))
    for key, value in header.items():
        _write_bytes(out, key.encode())
        _write_bytes(out, value.encode())
    _write_long(out, 0)
    out.write(sync)
    if records:
        _write_long(out, len(records))
        _write_bytes(out, packed)
        out.write(sync)
    return out.getvalue()


def _codec(name: str) -> Callable[[bytes], bytes]:
    if name == "null":
        return lambda data: data
    if name == "deflate":
        return lambda data: zlib.decompress(data, wbits=-15)
    if name in ("zstandard", "zstd"):
        import zstandard

        return lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)
    raise AvroError(f"Avro codec `{name}` is not supported")


# Reading: a schema becomes a function once, then runs for every record.


def _reader(schema: Schema) -> Read:
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(schema, list):
        branches = [_reader(branch) for branch in schema]
        return lambda stream: branches[_read_long(stream)](stream)
    if kind == "record":
        fields = [(field["name"], _reader(field["type"])) for field in schema["fields"]]
        return lambda stream: {name: decode(stream) for name, decode in fields}
    if kind == "array":
        return _array_reader(schema)
    if kind == "map":
        value = _reader(schema["values"])
        return lambda stream: _read_map(stream, value)
    if kind == "fixed":
        size = schema["size"]
        return lambda stream: stream.read(size)
    if isinstance(kind, dict):
        return _reader(kind)
    if kind not in _READERS:
        raise AvroError(f"Avro type `{kind}` is not supported")
    return _READERS[kind]


def _array_reader(schema: Schema) -> Read:
    item = _reader(schema["items"])
    if schema.get("logicalType") == "map":
        return lambda stream: {pair["key"]: pair["value"] for pair in _read_blocks(stream, item)}
    return lambda stream: _read_blocks(stream, item)


def _read_blocks(stream: io.BytesIO, item: Read) -> list[Any]:
    values: list[Any] = []
    while count := _read_long(stream):
        if count < 0:  # a negative count is followed by the block's size in bytes
            count = -count
            _read_long(stream)
        values.extend(item(stream) for _ in range(count))
    return values


def _read_map(stream: io.BytesIO, value: Read) -> dict[str, Any]:
    def pair(source: io.BytesIO) -> tuple[str, Any]:
        return _read_bytes(source).decode(), value(source)

    return dict(_read_blocks(stream, pair))


def _read_long(stream: io.BytesIO) -> int:
    shift = result = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise AvroError("the Avro file ends in the middle of a value")
        result |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (result >> 1) ^ -(result & 1)
        shift += 7


def _read_bytes(stream: io.BytesIO) -> bytes:
    return stream.read(_read_long(stream))


_READERS: dict[str, Read] = {
    "null": lambda stream: None,
    "boolean": lambda stream: stream.read(1) == b"\x01",
    "int": _read_long,
    "long": _read_long,
    "float": lambda stream: struct.unpack("<f", stream.read(4))[0],
    "double": lambda stream: struct.unpack("<d", stream.read(8))[0],
    "bytes": _read_bytes,
    "string": lambda stream: _read_bytes(stream).decode(),
}


# Writing: the same walk, the other way.


def _writer(schema: Schema) -> Write:
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(schema, list):  # always ["null", something] in Iceberg
        return _optional_writer(_writer(schema[1]))
    if kind == "record":
        return _record_writer(schema)
    if kind == "array":
        return _array_writer(schema)
    if kind not in _WRITERS:
        raise AvroError(f"Avro type `{kind}` is not supported")
    return _WRITERS[kind]


def _record_writer(schema: Schema) -> Write:
    fields = [(field["name"], _writer(field["type"])) for field in schema["fields"]]

    def encode(stream: io.BytesIO, value: Any) -> None:
        for name, write_field in fields:
            write_field(stream, value[name])

    return encode


def _optional_writer(inner: Write) -> Write:
    def encode(stream: io.BytesIO, value: Any) -> None:
        _write_long(stream, 0 if value is None else 1)
        if value is not None:
            inner(stream, value)

    return encode


def _array_writer(schema: Schema) -> Write:
    item, is_map = _writer(schema["items"]), schema.get("logicalType") == "map"

    def encode(stream: io.BytesIO, value: Any) -> None:
        items = [{"key": key, "value": held} for key, held in value.items()] if is_map else value
        if items:
            _write_long(stream, len(items))
            for one in items:
                item(stream, one)
        _write_long(stream, 0)

    return encode


def _write_long(stream: io.BytesIO, value: int) -> None:
    left = (value << 1) ^ (value >> 63)
    while left >= 0x80:
        stream.write(bytes(((left & 0x7F) | 0x80,)))
        left >>= 7
    stream.write(bytes((left,)))


def _write_bytes(stream: io.BytesIO, value: bytes) -> None:
    _write_long(stream, len(value))
    stream.write(value)


_WRITERS: dict[str, Write] = {
    "null": lambda stream, value: None,
    "boolean": lambda stream, value: stream.write(b"\x01" if value else b"\x00"),
    "int": _write_long,
    "long": _write_long,
    "double": lambda stream, value: stream.write(struct.pack("<d", value)),
    "bytes": _write_bytes,
    "string": lambda stream, value: _write_bytes(stream, value.encode()),
}
