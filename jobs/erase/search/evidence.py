"""The evidence of an erasure: every file that is left was read and unpacked, and this is what was found in it.

Made by `look_through`; it goes into the receipt. It names files and counts, never what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.erase.search.duckdb_file import is_duckdb, look
from jobs.erase.search.needles import Finder, Hits, Needle, needles
from jobs.erase.search.unpacking import UnreadableError, streams
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from jobs.erase.ports import File, Places
    from jobs.erase.subject import Subject

SHORTEST_NUMBER = 6
"""Digits of a number that is looked for in texts; a shorter one stands everywhere by chance."""

SMALLEST_NUMBER = 2**24
"""A number from here on is looked for in the eight bytes that Parquet and Avro write; a smaller one stands there by chance."""

MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A file in which something was found, how often, and in which encodings."""

    file: str
    hits: int
    encodings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the search found: `found` is the value itself, `longer` something longer that holds it, `unread` what could not be read."""

    files: int = 0
    bytes: int = 0
    unpacked: int = 0
    found: tuple[Place, ...] = ()
    longer: tuple[Place, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    searched: bool = True
    """False for a value so short that its bytes would be found by chance."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, and everything could be read."""
        return not self.found and not self.unread

    def as_json(self) -> dict[str, Any]:
        return {
            "searched": self.searched,
            "files": self.files,
            "bytes": self.bytes,
            "bytes_unpacked": self.unpacked,
            "found": [{"file": one.file, "hits": one.hits, "encodings": list(one.encodings)} for one in self.found[:MOST_NAMED]],
            "found_files": len(self.found),
            "inside_longer": [{"file": one.file, "hits": one.hits} for one in self.longer[:MOST_NAMED]],
            "inside_longer_files": len(self.longer),
            "unread": [{"file": name, "why": why} for name, why in self.unread[:MOST_NAMED]],
            "unread_files": len(self.unread),
        }


@dataclass(slots=True)
class _Account:
    bytes: int = 0
    unpacked: int = 0
    found: list[Place] = field(default_factory=list)
    longer: list[Place] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def wanted_bytes(subject: Subject) -> tuple[Needle, ...]:
    """What to look for; nothing where the value is a number that bytes hold by chance."""
    if subject.type is not ColumnType.INTEGER:
        return needles(subject.text)
    digits = needles(subject.text) if len(subject.text.lstrip("-")) >= SHORTEST_NUMBER else ()
    number = int(subject.text)
    eight = (Needle(number.to_bytes(8, "little", signed=True), "integer", whole=True),) if abs(number) >= SMALLEST_NUMBER else ()
    return (*digits, *eight)


def look_through(places: Places, files: Iterable[File], subject: Subject, advance: Callable[[int], None]) -> Evidence:
    """Look through some files; `advance` hears the bytes of each. A file that vanishes meanwhile is none of ours and is passed over."""
    wanted = wanted_bytes(subject)
    if not wanted:
        return Evidence(searched=False)
    account, count = _Account(), 0
    for file in files:
        if _look(places, file, subject, wanted, account):
            count += 1
            account.bytes += file.bytes
        advance(file.bytes)
    return Evidence(count, account.bytes, account.unpacked, tuple(account.found), tuple(account.longer), tuple(account.unread))


def _look(places: Places, file: File, subject: Subject, wanted: tuple[Needle, ...], account: _Account) -> bool:
    hits = Hits()
    _feed((file.name.encode(errors="replace"),), wanted, hits)
    try:
        with places.open(file) as opened:
            if is_duckdb(opened) and "://" not in file.path:
                look(file.path, subject.text, wanted, hits)
            for number, stream in enumerate(streams(opened)):
                read = _feed(stream, wanted, hits)
                account.unpacked += read if number else 0
    except FileNotFoundError:
        return False
    except UnreadableError as error:
        account.unread.append((file.name, str(error)))
    if hits.exact:
        account.found.append(Place(file.name, hits.exact, tuple(sorted(hits.encodings))))
    if hits.longer:
        account.longer.append(Place(file.name, hits.longer))
    return True


def _feed(stream: Iterable[bytes], wanted: tuple[Needle, ...], hits: Hits) -> int:
    finder, read = Finder(wanted, hits), 0
    for block in stream:
        finder.feed(block)
        read += len(block)
    finder.end()
    return read
