"""Masks: what is shown in place of a value, under the names and with the meanings of Iceberg's ReadRestrictions.

A grant names one for a column (`grant.py`); which of several counts is decided in `access.py`, by the order of `Mask`. `masked` is
their meaning in plain Python: the reference that the compilers' SQL is tested against. What a mask leaves has the type of the
value, so a masked view has the columns of the clear one. Text is taken code point by code point.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from metrics_catalog.source import ColumnType

KEPT = "().,-@"
"""Characters that `mask-alphanum` leaves as they are."""

SHOWN = 4
"""Code points that `show-first-4` and `show-last-4` leave as they are."""

FIXED: Mapping[ColumnType, Any] = {
    ColumnType.STRING: "XXXXXXXX",
    ColumnType.INTEGER: 0,
    ColumnType.DECIMAL: Decimal("0.000000"),
    ColumnType.DOUBLE: 0.0,
    ColumnType.BOOLEAN: False,
    ColumnType.TIMESTAMP: dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
    ColumnType.DATE: dt.date(1970, 1, 1),
}
"""What `mask-to-fixed-value` and `mask-to-default` show."""


class Mask(StrEnum):
    """What is shown of a value. The order is that of what they reveal, the most first; docs/access/policy.md tells it."""

    TRUNCATE_TO_MONTH = "truncate-to-month"
    """The first instant of its month, by UTC."""
    TRUNCATE_TO_YEAR = "truncate-to-year"
    """The first instant of its year, by UTC."""
    SHOW_FIRST_4 = "show-first-4"
    """Its first four code points; what follows as `mask-alphanum` shows it."""
    SHOW_LAST_4 = "show-last-4"
    """Its last four code points; what stands before as `mask-alphanum` shows it."""
    SHA_256_GLOBAL = "sha-256-global"
    """Its SHA-256: the same for the same value, always and on every engine."""
    SHA_256_QUERY_LOCAL = "sha-256-query-local"
    """The SHA-256 of a secret of the query and the value: the same for the same value within one query."""
    MASK_ALPHANUM = "mask-alphanum"
    """`n` for each digit, `x` for all else but a few marks (`KEPT`)."""
    MASK_TO_DEFAULT = "mask-to-default"
    """One value for all that is not NULL."""
    MASK_TO_FIXED_VALUE = "mask-to-fixed-value"
    """One value for all, NULL too."""
    REPLACE_WITH_NULL = "replace-with-null"
    """NULL."""

    @property
    def types(self) -> frozenset[ColumnType]:
        """The types of columns that can have it."""
        return _TYPES.get(self, frozenset(ColumnType))

    def fits(self, kind: ColumnType) -> bool:
        """Whether a column of this type can have it."""
        return kind in self.types


RANKS: Mapping[Mask, int] = {mask: rank for rank, mask in enumerate(Mask)}
"""The place of each mask in the order of what they reveal, 0 for the most."""

_TIMES = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})
_TEXT = frozenset({ColumnType.STRING})
_HASHED = frozenset({ColumnType.STRING, ColumnType.INTEGER})
_TYPES: Mapping[Mask, frozenset[ColumnType]] = {
    Mask.TRUNCATE_TO_MONTH: _TIMES,
    Mask.TRUNCATE_TO_YEAR: _TIMES,
    Mask.SHOW_FIRST_4: _TEXT,
    Mask.SHOW_LAST_4: _TEXT,
    Mask.MASK_ALPHANUM: _TEXT,
    Mask.SHA_256_GLOBAL: _HASHED,
    Mask.SHA_256_QUERY_LOCAL: _HASHED,
}


def masked(mask: Mask, value: Any, kind: ColumnType, salt: bytes = b"") -> Any:
    """What a mask leaves of a value. NULL stays NULL, but where a fixed value covers it.

    `salt` is the secret of one query. Raises ValueError for a type that cannot have the mask.
    """
    if not mask.fits(kind):
        raise ValueError(f"{mask} cannot be put on a column of type {kind}")
    if mask is Mask.MASK_TO_FIXED_VALUE:
        return FIXED[kind]
    if value is None or mask is Mask.REPLACE_WITH_NULL:
        return None
    match mask:
        case Mask.MASK_TO_DEFAULT:
            return FIXED[kind]
        case Mask.TRUNCATE_TO_MONTH | Mask.TRUNCATE_TO_YEAR:
            return _truncated(value, to_month=mask is Mask.TRUNCATE_TO_MONTH)
        case Mask.SHA_256_GLOBAL:
            return _hashed(value, b"")
        case Mask.SHA_256_QUERY_LOCAL:
            return _hashed(value, salt)
        case Mask.SHOW_FIRST_4:
            return value[:SHOWN] + _covered(value[SHOWN:])
        case Mask.SHOW_LAST_4:
            cut = max(len(value) - SHOWN, 0)
            return _covered(value[:cut]) + value[cut:]
    return _covered(value)


def _covered(text: str) -> str:
    return "".join("n" if each in "0123456789" else each if each in KEPT else "x" for each in text)


def _truncated(value: Any, *, to_month: bool) -> Any:
    if not isinstance(value, dt.datetime):
        return value.replace(month=value.month if to_month else 1, day=1)
    in_utc = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    return in_utc.replace(month=in_utc.month if to_month else 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _hashed(value: Any, salt: bytes) -> Any:
    """Of a text the hexadecimal digest; of an integer the first 8 bytes of the digest of its 8, both least significant first."""
    if isinstance(value, str):
        return hashlib.sha256(salt + value.encode()).hexdigest()
    digest = hashlib.sha256(salt + value.to_bytes(8, "little", signed=True)).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
