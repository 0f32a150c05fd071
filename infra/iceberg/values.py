"""Single values inside Iceberg manifests: bounds as bytes, partition values as Avro's plain numbers, and back.

Pure; used by `manifests.py` and `footers.py`. A date is a `datetime.date`, a timestamp an aware `datetime` in UTC.
"""

from __future__ import annotations

import datetime as dt
import struct
from typing import Any

from metrics_catalog.source import ColumnType

EPOCH_DAY = dt.date(1970, 1, 1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
LONGEST_BOUND = 64
"""Characters of a text bound; longer ones are cut (least) or left out (greatest)."""

BOUNDED = (ColumnType.STRING, ColumnType.INTEGER, ColumnType.TIMESTAMP, ColumnType.DATE)
"""Types whose least and greatest value are kept by file: those that files are chosen by."""


def to_bytes(kind: ColumnType, value: Any) -> bytes:
    """A bound, in Iceberg's single-value form."""
    if kind is ColumnType.STRING:
        return str(value).encode()
    if kind is ColumnType.DATE:
        return struct.pack("<i", days(value))
    return struct.pack("<q", micros(value) if kind is ColumnType.TIMESTAMP else value)


def from_bytes(kind: ColumnType, data: bytes) -> object:
    """A bound, back as a value."""
    if kind is ColumnType.STRING:
        return data.decode("utf-8", "replace")
    number = struct.unpack("<i" if len(data) == 4 else "<q", data)[0]
    return from_plain(kind, number)


def bounds(kind: ColumnType, least: Any, greatest: Any) -> tuple[bytes | None, bytes | None]:
    """Least and greatest value as bytes; a long text's greatest value is unknown."""
    if kind is ColumnType.STRING:
        upper = to_bytes(kind, greatest) if len(greatest) <= LONGEST_BOUND else None
        return to_bytes(kind, least[:LONGEST_BOUND]), upper
    return to_bytes(kind, least), to_bytes(kind, greatest)


def days(value: dt.date) -> int:
    """Days since 1970-01-01."""
    return value.toordinal() - EPOCH_DAY.toordinal()


def micros(value: dt.datetime) -> int:
    """Microseconds since 1970 of an instant; a naive value is read as UTC."""
    aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return (aware - EPOCH) // MICROSECOND


def to_plain(kind: ColumnType, value: Any) -> Any:
    """A partition value as Avro stores it."""
    if value is None:
        return None
    if kind is ColumnType.DATE:
        return days(value)
    return micros(value) if kind is ColumnType.TIMESTAMP else value


def from_plain(kind: ColumnType, value: Any) -> object:
    """A stored number back as a value."""
    if value is None:
        return None
    if kind is ColumnType.DATE:
        return dt.date.fromordinal(EPOCH_DAY.toordinal() + value)
    if kind is ColumnType.TIMESTAMP:
        return EPOCH + dt.timedelta(microseconds=value)
    return value


def period(transform: str, value: Any) -> Any:
    """The partition value of a column's value: itself, or the first day of its UTC day or month."""
    if value is None or transform == "identity":
        return value
    day = value.astimezone(dt.UTC).date() if isinstance(value, dt.datetime) else value
    return day if transform == "day" else day.replace(day=1)


def period_to_plain(transform: str, kind: ColumnType, value: Any) -> Any:
    """A partition value as Iceberg stores it: days, months since 1970, or the value."""
    if value is None or transform == "identity":
        return to_plain(kind, value)
    return days(value) if transform == "day" else (value.year - 1970) * 12 + value.month - 1


def period_from_plain(transform: str, kind: ColumnType, value: Any) -> object:
    """The reverse of `period_to_plain`."""
    if value is None or transform == "identity":
        return from_plain(kind, value)
    return from_plain(ColumnType.DATE, value) if transform == "day" else dt.date(1970 + value // 12, value % 12 + 1, 1)
