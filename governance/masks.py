"""Masks: what is shown of a value in place of it, under the names of Iceberg's ReadRestrictions.

A grant names one for a column (`grant.py`); which of several counts is decided in `access.py`, by the order of `Mask`. `masked` is
their meaning in plain Python: the reference that the compilers' SQL is tested against. What a mask leaves has the type of the
value, so a masked view has the columns of the clear one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from metrics_catalog.source import ColumnType

TEXT = frozenset({ColumnType.STRING})
TIMES = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})
ALL = frozenset(ColumnType)


class Mask(StrEnum):
    """What is shown of a value. The order is that of what they reveal, the most first; docs/access/policy.md tells it."""

    TRUNCATE_TO_MONTH = "truncate-to-month"
    TRUNCATE_TO_YEAR = "truncate-to-year"
    SHOW_FIRST_4 = "show-first-4"
    SHOW_LAST_4 = "show-last-4"
    SHA_256_GLOBAL = "sha-256-global"
    SHA_256_QUERY_LOCAL = "sha-256-query-local"
    MASK_ALPHANUM = "mask-alphanum"
    MASK_TO_DEFAULT = "mask-to-default"
    MASK_TO_FIXED_VALUE = "mask-to-fixed-value"
    REPLACE_WITH_NULL = "replace-with-null"

    @property
    def types(self) -> frozenset[ColumnType]:
        """The types of columns that it can be put on."""
        if self in (Mask.TRUNCATE_TO_MONTH, Mask.TRUNCATE_TO_YEAR):
            return TIMES
        return ALL if self in (Mask.MASK_TO_DEFAULT, Mask.MASK_TO_FIXED_VALUE, Mask.REPLACE_WITH_NULL) else TEXT

    def fits(self, kind: ColumnType) -> bool:
        """Whether a column of this type can have it."""
        return kind in self.types


RANKS = {mask: rank for rank, mask in enumerate(Mask)}
"""The place of each mask in the order of what they reveal, 0 for the most."""

SHOWN = 4
"""Characters that `show-first-4` and `show-last-4` leave."""

DEFAULTS: Mapping[ColumnType, Any] = {
    ColumnType.STRING: "",
    ColumnType.INTEGER: 0,
    ColumnType.DECIMAL: Decimal("0.000000"),
    ColumnType.DOUBLE: 0.0,
    ColumnType.BOOLEAN: False,
    ColumnType.TIMESTAMP: dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
    ColumnType.DATE: dt.date(1970, 1, 1),
}
"""What `mask-to-default` shows of a value that is not NULL."""

FIXED: Mapping[ColumnType, Any] = {**DEFAULTS, ColumnType.STRING: "XXXXXXXX"}
"""What `mask-to-fixed-value` shows."""


def masked(mask: Mask, value: Any, kind: ColumnType, salt: bytes = b"") -> Any:
    """What a mask leaves of a value; NULL stays NULL. `salt` is the secret of one query. Raises ValueError for a type it cannot have."""
    if not mask.fits(kind):
        raise ValueError(f"{mask} cannot be put on a {kind}")
    if value is None or mask is Mask.REPLACE_WITH_NULL:
        return None
    if mask is Mask.MASK_TO_DEFAULT:
        return DEFAULTS[kind]
    if mask is Mask.MASK_TO_FIXED_VALUE:
        return FIXED[kind]
    if kind in TIMES:
        return _truncated(value, mask)
    return _TEXTS[mask](value, salt)


def _truncated(value: Any, mask: Mask) -> Any:
    """The first day, at midnight in UTC, of the value's month or year."""
    month = value.month if mask is Mask.TRUNCATE_TO_MONTH else 1
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC) if value.tzinfo is not None else value
        month = value.month if mask is Mask.TRUNCATE_TO_MONTH else 1
        return value.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
    return value.replace(month=month, day=1)


def _alphanum(text: str, salt: bytes) -> str:
    """Letters of ASCII as `x`, its digits as `n`; what is no ASCII as `x` too, so that no script is shown; the rest as it is."""
    return "".join("n" if each.isascii() and each.isdigit() else "x" if each.isalpha() or not each.isascii() else each for each in text)


def _first(text: str, salt: bytes) -> str:
    return text[:SHOWN] + "X" * max(len(text) - SHOWN, 0)


def _last(text: str, salt: bytes) -> str:
    return "X" * max(len(text) - SHOWN, 0) + text[max(len(text) - SHOWN, 0) :]


def _sha256(text: str, salt: bytes) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _salted(text: str, salt: bytes) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


_TEXTS: Mapping[Mask, Callable[[str, bytes], str]] = {
    Mask.MASK_ALPHANUM: _alphanum,
    Mask.SHOW_FIRST_4: _first,
    Mask.SHOW_LAST_4: _last,
    Mask.SHA_256_GLOBAL: _sha256,
    Mask.SHA_256_QUERY_LOCAL: _salted,
}
