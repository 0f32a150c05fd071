"""Which records of an object tell of a person, read without the contract: for objects that it cannot judge.

Used by `scrub.py` for files that were refused whole, and by `jobs.erase` for files that were landed under an earlier contract.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from jobs.land.container import RefusedFileError, unpacked
from jobs.land.delimited import Delimited
from jobs.land.lines import whole_lines
from jobs.land.mention import mentions, text_of, words
from jobs.land.parquet import at_hand
from jobs.land.sniff import Format, sniff

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jobs.land.mention import IsSubject
    from jobs.object_store import ObjectStore


def telling(objects: ObjectStore, key: str, fields: Collection[str], field: str, is_subject: IsSubject) -> Iterator[int]:
    """Places of such records, from 1, as far as the object can be read; an unreadable one ends early and without an error."""
    try:
        sniffed = sniff(objects, key, fields)
        if sniffed.format is Format.PARQUET:
            yield from _rows(objects, key, field, is_subject)
            return
        with objects.open(key) as raw, unpacked(raw, sniffed.codec) as read:
            if sniffed.format is Format.DELIMITED:
                for number, lines in Delimited(read, sniffed.delimiter).verbatim():
                    if number and any(is_subject(word) for word in set(words(text_of(lines)))):
                        yield number
                return
            numbers = count(1)
            for block in whole_lines(read):
                for line in block.removesuffix(b"\n").split(b"\n"):
                    number = next(numbers)
                    if line and mentions(text_of(line), field, is_subject):
                        yield number
    except RefusedFileError:
        return


def _rows(objects: ObjectStore, key: str, field: str, is_subject: IsSubject) -> Iterator[int]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with at_hand(objects, key) as path, parquet.ParquetFile(path) as file:
            if field not in file.schema_arrow.names:
                return
            numbers = count(1)
            for batch in file.iter_batches(columns=[field]):
                yield from (number for value in batch.column(0).to_pylist() if (number := next(numbers)) and is_subject(str(value)))
    except (pa.ArrowException, OSError):
        return
