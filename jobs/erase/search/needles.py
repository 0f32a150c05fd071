"""What a person's value looks like in bytes, and whether bytes that look so are the value or a part of something longer.

A value counts as found where it stands by itself: no letter, digit, `_` or `-` touches it, or the bytes before it tell its very
length, as Parquet and Avro write texts. `v42` inside of `v420` is something longer; that is counted apart.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import quote

LEAST_BASE64 = 8
"""Characters of base64 that must be certain; fewer would be found by chance."""

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
CONTEXT = 16
"""Bytes before and after a needle that decide whether it stands by itself."""


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes to look for. `whole`: they count wherever they are; otherwise only where they stand by themselves."""

    raw: bytes
    encoding: str
    whole: bool = False
    wide: int = 1
    """Bytes of a character."""


@dataclass(slots=True)
class Hits:
    """How often a value was found in one place, and how often something longer holds it."""

    exact: int = 0
    longer: int = 0
    encodings: set[str] = field(default_factory=set)


def needles(text: str) -> tuple[Needle, ...]:
    """All ways to write a value: UTF-8, JSON's and URLs' escapes, UTF-16, base64."""
    plain = text.encode()
    found = [Needle(plain, "utf-8")]
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1].replace("/", "\\/")):
        found.append(Needle(escaped.encode(), "json"))
        found.append(Needle(_upper_escapes(escaped).encode(), "json"))
    found.append(Needle(quote(text, safe="").encode(), "url"))
    found.append(Needle(text.replace('"', '""').encode(), "csv"))
    found += [Needle(text.encode("utf-16-le"), "utf-16", wide=2), Needle(text.encode("utf-16-be"), "utf-16", wide=2)]
    found += [Needle(certain, "base64", whole=True) for certain in _base64(plain) if len(certain) >= LEAST_BASE64]
    unique: dict[bytes, Needle] = {}
    for needle in found:
        unique.setdefault(needle.raw, needle)
    return tuple(unique.values())


class Finder:
    """Looks for needles in a stream of bytes that comes in blocks of any size."""

    def __init__(self, wanted: tuple[Needle, ...], hits: Hits) -> None:
        self._wanted, self._hits = wanted, hits
        self._overlap = max(len(needle.raw) for needle in wanted) + CONTEXT
        self._held, self._done = b"", 0
        """`_done` is how many bytes of `_held` can no longer begin a new hit."""

    def feed(self, block: bytes) -> None:
        """The next bytes."""
        self._held += block
        self._look(len(self._held) - self._overlap)

    def end(self) -> None:
        """There are no more bytes; another stream may follow."""
        self._look(len(self._held))
        self._held, self._done = b"", 0

    def _look(self, until: int) -> None:
        """Count hits that begin before a place, and forget what is not needed any more."""
        if until <= self._done:
            return
        taken: set[int] = set()
        for needle in self._wanted:
            at = self._held.find(needle.raw, self._done)
            while 0 <= at < until:
                if at not in taken:
                    self._count(needle, at)
                    taken.add(at)
                at = self._held.find(needle.raw, at + 1)
        cut = max(0, until - CONTEXT)
        self._held, self._done = self._held[cut:], until - cut

    def _count(self, needle: Needle, at: int) -> None:
        end = at + len(needle.raw)
        if needle.whole or _stands_alone(self._held, at, end, needle.wide) or _is_measured(self._held, at, end):
            self._hits.exact += 1
            self._hits.encodings.add(needle.encoding)
        else:
            self._hits.longer += 1


def _stands_alone(held: bytes, at: int, end: int, wide: int) -> bool:
    before, after = held[max(0, at - wide) : at], held[end : end + wide]
    return not _is_word(before) and not _is_word(after)


def _is_word(one: bytes) -> bool:
    return any(byte in _WORD for byte in one) and all(byte in _WORD or byte == 0 for byte in one)


def _is_measured(held: bytes, at: int, end: int) -> bool:
    """Whether the bytes before tell just this length: four bytes of Parquet, or a number of Avro."""
    length = end - at
    if held[max(0, at - 4) : at] == length.to_bytes(4, "little"):
        return True
    number = _varint(length * 2)
    return held[max(0, at - len(number)) : at] == number


def _varint(number: int) -> bytes:
    found = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        found.append(low | (0x80 if number else 0))
        if not number:
            return bytes(found)


def _base64(raw: bytes) -> set[bytes]:
    """The characters that are certain, whatever stands before and after, for each of the three ways to begin."""
    found = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        found.add(text[first:last])
        found.add(text[first:last].replace(b"+", b"-").replace(b"/", b"_"))
    return found


def _upper_escapes(text: str) -> str:
    r"""`é` written as `\u00E9`."""
    parts = text.split("\\u")
    return parts[0] + "".join(f"\\u{part[:4].upper()}{part[4:]}" for part in parts[1:])
