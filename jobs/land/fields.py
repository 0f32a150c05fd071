"""The fields of records as texts: what every careful reader makes of a record, and what the contract's SQL reads.

A batch of fields has the record's place, its text or bytes (verbatim), a fault of its structure where it has one, and for
each column of the contract a text (NULL where the field is missing) with, in `kinds`, one letter a column. Engines never parse
a record again, so its corner cases are decided here, once for all engines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metrics_catalog.source import Source

STRING, NUMBER, BOOLEAN, NESTED, TEXT, MISSING = "s", "n", "b", "o", "t", "-"
"""Kinds of a field: the JSON types; `t` is text of a format that has no types, such as CSV."""

MALFORMED, DUPLICATE, UNKNOWN = "malformed_record", "duplicate_field", "unknown_field"
NUMBER_PATTERN = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
"""A number as JSON writes it; CSV is held to the same: no `+1`, `007`, `.5`, `1,000` or spaces around."""

EXACT = (ColumnType.INTEGER, ColumnType.DECIMAL)
_NUMBER = re.compile(NUMBER_PATTERN)
_PLAIN = re.compile(r"-?[1-9][0-9]*|0")
LONGEST_NUMBER = 400
"""A number with more characters is left as it is, and refused as too large."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields that a contract reads: their names in the file with the position of their column, and the types by position."""

    positions: Mapping[str, int]
    types: tuple[ColumnType, ...]
    refuses_unknown: bool

    @staticmethod
    def of(source: Source) -> Wanted:
        names = {column.from_field or name: position for position, (name, column) in enumerate(source.columns.items())}
        return Wanted(names, tuple(column.type for column in source.columns.values()), source.unknown_fields == "refuse")


class Record(NamedTuple):
    """One record: `texts` and `kinds` by position of the contract's columns; `fault` is a reason, with field and detail."""

    texts: tuple[str | None, ...]
    kinds: str
    fault: str | None = None
    field: str | None = None
    detail: str | None = None


def faulty(wanted: Wanted, fault: str, field: str | None, detail: str) -> Record:
    """A record whose structure is at fault: it has no fields."""
    count = len(wanted.types)
    return Record((None,) * count, MISSING * count, fault, field, detail)


def exact_number(text: str, of: ColumnType) -> str:
    """A number written plainly where its column is exact: `1e3` and `1000.0` are the integer `1000`; `-0` is `0`.

    Anything that is no such number is given back unchanged, for the contract to judge.
    """
    if of not in EXACT or len(text) > LONGEST_NUMBER or _PLAIN.fullmatch(text) or not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    if not -30 <= number.adjusted() <= 30:
        return "0" if number.is_zero() else text
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain.removeprefix("-") if number.is_zero() else plain


def field_schema(wanted: Wanted) -> Any:
    import pyarrow as pa

    place = [("object", pa.int32()), ("record", pa.int64()), ("line", pa.string()), ("bytes", pa.binary())]
    fault = [("fault", pa.string()), ("fault_field", pa.string()), ("fault_detail", pa.string())]
    texts = [(f"t{position}", pa.string()) for position in range(len(wanted.types))]
    return pa.schema([*place, *fault, ("kinds", pa.string()), *texts])


def unfit(text: str) -> str:
    """Why a text cannot be kept as text, or nothing."""
    if "\0" in text:
        return "it holds a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "it holds half of a surrogate pair"
    return ""


def printable(name: str) -> str:
    """A field's name as it can be shown and stored."""
    return name.encode(errors="replace").decode()[:100]


class Row(NamedTuple):
    """A record at its place."""

    object: int
    record: int
    line: str | None
    bytes: bytes | None
    read: Record


def field_batch(wanted: Wanted, rows: Iterable[Row]) -> Any:
    """An Arrow batch of records."""
    import pyarrow as pa

    held = list(rows)
    read = [row.read for row in held]
    texts = list(zip(*(record.texts for record in read), strict=True)) or [()] * len(wanted.types)
    columns: list[Any] = [
        [row.object for row in held],
        [row.record for row in held],
        [row.line for row in held],
        [row.bytes for row in held],
        [record.fault for record in read],
        [record.field for record in read],
        [record.detail for record in read],
        [record.kinds for record in read],
        *texts,
    ]
    schema = field_schema(wanted)
    return pa.record_batch([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)
