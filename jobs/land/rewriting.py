"""Writes an object of the landing zone again without some of its records; all others stay as they were received.

Used by `scrub.py`. Compression and format stay. Of JSON lines a record leaves an empty line, so the other records keep their line
numbers; of delimited text and Parquet it leaves nothing, and the manifest says which numbers are gone. The same object and
numbers always give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from jobs.land.container import BLOCK, Codec, unpacked
from jobs.land.delimited import Delimited
from jobs.land.lines import whole_lines
from jobs.land.manifest import Kept
from jobs.land.parquet import at_hand
from jobs.land.record_numbers import remaining
from jobs.land.sniff import BOM, Format, sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from jobs.object_store import ObjectStore


@contextmanager
def rewritten(
    objects: ObjectStore, key: str, fields: Collection[str], numbers: Collection[int] | None, gone: Collection[int]
) -> Iterator[tuple[str, Kept]]:
    """The path of a local file with the object's other records, and what it holds; it is removed when the context ends.

    `numbers` are those to leave out, as the object was received (None: everything); `gone` those that are not in it any more.
    `fields` are the names that its records may have. Raises RefusedFileError for what cannot be read as records.
    """
    with tempfile.TemporaryDirectory(prefix="ringi-") as folder:
        path = Path(folder) / "object"
        if numbers is None:
            path.touch()
        else:
            _write(objects, key, fields, frozenset(numbers), frozenset(gone), path)
        yield str(path), held_by(path.open("rb"))


def held_by(file: BinaryIO) -> Kept:
    """What a file holds, read to its end and closed."""
    digest, size = hashlib.sha256(), 0
    with file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return Kept(digest.hexdigest(), size)


def _write(objects: ObjectStore, key: str, fields: Collection[str], numbers: frozenset[int], gone: frozenset[int], path: Path) -> None:
    sniffed = sniff(objects, key, fields)
    if sniffed.format is Format.PARQUET:
        with at_hand(objects, key) as source:
            _parquet(source, numbers, gone, path)
        return
    with objects.open(key) as raw, unpacked(raw, sniffed.codec) as read, _packed(path, sniffed.codec) as write:
        if sniffed.format is Format.DELIMITED:
            _delimited(Delimited(read, sniffed.delimiter), numbers, gone, write)
        else:
            _lines(read, numbers, write, marked=sniffed.head.startswith(BOM))


def _lines(read: Callable[[int], bytes], numbers: frozenset[int], write: Callable[[bytes], Any], *, marked: bool) -> None:
    if marked:
        write(BOM)
    first = 1
    for block in whole_lines(read):
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        theirs = [number - first for number in numbers if first <= number < first + lines]
        if theirs:
            split = block.split(b"\n")
            for place in theirs:
                split[place] = b"\r" if split[place].endswith(b"\r") else b""
            block = b"\n".join(split)
        write(block)
        first += lines


def _delimited(file: Delimited, numbers: frozenset[int], gone: frozenset[int], write: Callable[[bytes], Any]) -> None:
    original = remaining(gone)
    for position, lines in file.verbatim():
        if position == 0 or next(original) not in numbers:
            write(lines)


def _parquet(source: str, numbers: frozenset[int], gone: frozenset[int], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    original = remaining(gone)
    with parquet.ParquetFile(source) as file:
        codec = file.metadata.row_group(0).column(0).compression.lower() if file.num_row_groups else "zstd"
        with parquet.ParquetWriter(path, file.schema_arrow, compression="none" if codec == "uncompressed" else codec) as writer:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group)
                keeps = [next(original) not in numbers for _ in range(rows.num_rows)]
                if any(keeps):
                    writer.write_table(rows.filter(pa.array(keeps, pa.bool_())))


@contextmanager
def _packed(path: Path, codec: Codec) -> Iterator[Callable[[bytes], Any]]:
    """A function that writes into the file, compressed as the object was; nothing in it depends on the time."""
    with path.open("wb") as raw:
        if codec is Codec.NONE:
            yield raw.write
        elif codec is Codec.GZIP:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                yield packed.write
        else:
            import pyarrow as pa

            with pa.CompressedOutputStream(pa.PythonFile(raw, "w"), codec.value) as stream:
                yield stream.write
