"""The search for a person in bytes: every encoding and packing is found, and what only looks alike is told apart."""

from __future__ import annotations

import base64
import gzip
import io
import json
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from jobs.erase.search.needles import Finder, Hits, needles
from jobs.erase.search.unpacking import UnreadableError, streams
from tests.support.erasing import as_zstd

VALUE = 'viewer-é"ß-42'


def found(data: bytes, value: str = VALUE) -> Hits:
    """What the search finds in a file of these bytes."""
    hits, wanted = Hits(), needles(value)
    for stream in streams(io.BytesIO(data)):
        finder = Finder(wanted, hits)
        for block in stream:
            finder.feed(block)
        finder.end()
    return hits


@pytest.mark.parametrize(
    "written",
    [
        f"x {VALUE} y".encode(),
        json.dumps({"v": VALUE}).encode(),
        json.dumps({"v": VALUE}, ensure_ascii=False).encode(),
        json.dumps({"v": VALUE}).replace("\\u00e9", "\\u00E9").replace("\\u00df", "\\u00DF").encode(),
        f"?v={quote(VALUE, safe='')}&w=1".encode(),
        b'a,"' + VALUE.replace('"', '""').encode() + b'",b',
        VALUE.encode("utf-16-le"),
        ("x " + VALUE + " y").encode("utf-16-be"),
        base64.b64encode(b"a" + VALUE.encode() + b"b"),
        base64.b64encode(b"ab" + VALUE.encode() + b"b"),
        base64.urlsafe_b64encode(b"abc" + VALUE.encode()),
    ],
)
def test_every_way_to_write_a_value_is_found_packed_or_not(written: bytes) -> None:
    for data in (written, gzip.compress(written), gzip.compress(b"first\n") + gzip.compress(written), as_zstd(written)):
        assert found(data).exact > 0


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_a_value_in_a_page_of_parquet_is_found(codec: str, version: str, dictionary: bool) -> None:
    rows = pa.table({"n": list(range(5000)), "v": [VALUE if n == 4321 else f"other-{n % 7}" for n in range(5000)]})
    sink = pa.BufferOutputStream()
    parquet.write_table(
        rows, sink, compression=codec, data_page_version=version, use_dictionary=dictionary, write_statistics=False, data_page_size=4096
    )
    assert found(bytes(sink.getvalue())).exact > 0


def test_a_part_of_something_longer_is_counted_apart() -> None:
    assert (found(b'"v420"', "v42").exact, found(b'"v420"', "v42").longer) == (0, 1)
    assert (found(b'"v42-1"', "v42").exact, found(b'"v42"', "v42").exact) == (0, 1)
    assert found(b"\x03\x00\x00\x00v42\x04\x00\x00\x00v421", "v42").exact == 1


def test_a_value_across_two_blocks_is_found_once() -> None:
    hits = Hits()
    finder = Finder(needles(VALUE), hits)
    text = f"before {VALUE} after".encode()
    for place in range(len(text)):
        finder.feed(text[place : place + 1])
    finder.end()
    assert hits.exact == 1


@settings(max_examples=60, deadline=None)
@given(
    before=st.text(alphabet=' ab-_"\\é0', max_size=30),
    value=st.text(alphabet="abé-_0\"' \\", min_size=3, max_size=12).filter(lambda text: text.strip() == text),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_a_value_between_quotes_is_found_however_the_bytes_are_cut(before: str, value: str, sizes: list[int]) -> None:
    text = (json.dumps(before) + json.dumps(value) + json.dumps(before)).encode()
    hits = Hits()
    finder = Finder(needles(value), hits)
    at = number = 0
    while at < len(text):
        size = sizes[number % len(sizes)]
        finder.feed(text[at : at + size])
        at, number = at + size, number + 1
    finder.end()
    assert hits.exact >= 1


@pytest.mark.parametrize(
    "data", [gzip.compress(b"x" * 1000)[:-20] + b"\0" * 30, b"PAR1 nothing", b"Obj\x01\x02"], ids=["gzip", "parquet", "avro"]
)
def test_a_damaged_file_is_told_and_what_can_be_read_of_it_is_searched(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        found(data)
