"""Canonical JSON: one sequence of bytes for one value, so that a digest means the value and not its spelling.

UTF-8, NFC text, sorted keys, no spaces, no NaN or infinity. Made for meanings, used wherever a digest of a value is taken.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from enum import Enum
from typing import Any
from unicodedata import is_normalized, normalize


def dump(value: Any) -> bytes:
    """The canonical bytes of a plain value (see `plain`); raises ValueError for NaN, infinity and foreign types."""
    return dump_plain(plain(value))


def dump_plain(value: Any) -> bytes:
    """The canonical bytes of what `plain` returned."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return sha256(dump(value))


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def nfc(text: str) -> str:
    """Text in Unicode's composed form: `が` is one character however it was typed."""
    return text if is_nfc(text) else normalize("NFC", text)


def is_nfc(text: str) -> bool:
    """Whether a text is in Unicode's composed form."""
    return text.isascii() or is_normalized("NFC", text)


def plain(value: Any) -> Any:
    """The value as JSON knows it: text in NFC, times and dates as ISO 8601, lengths of time in seconds, lists for tuples."""
    kind = type(value)
    if kind is str:
        return nfc(value)
    if kind is dict:
        return {nfc(str(key)): plain(item) for key, item in value.items()}
    if value is None or kind is bool or kind is int or kind is float:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    raise ValueError(f"a {type(value).__name__} has no canonical JSON")
