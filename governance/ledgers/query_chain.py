"""How lines of the ledger of queries are chained: each is sealed over the line before it and over every byte between the two.

Written by `infra.local.query_ledger`, which holds a short lock for it; checked by `ringi audit verify`. What a writer that was
killed left behind, and lines of before there was a chain, are no lines of it; the next seal covers them, so that they cannot be
changed unseen either. Lines are numbered through all days. See docs/adr/0032-audit.md.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.ledgers.query_ledger import read_line
from governance.ledgers.query_refusal import read_refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GENESIS = "0" * 64
_LINE = re.compile(rb'(\{"at".*,"number":(\d{1,18}),"previous":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: how many lines there are up to it, and the hash of the last of them."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class SealedLine:
    """One line as it lies in a file: what its hash covers, and what it says of its place."""

    body: bytes
    previous: str
    link: Link


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One place where the chain is not as it was written: the file, the line in it counted from 1, and what is wrong."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain that was followed to its end. `loose` are bytes after its last line: what a killed writer left, or nothing."""

    faults: tuple[ChainFault, ...]
    first: Link | None
    """What the first line says it follows; None where there is no line."""
    end: Link
    lines: int
    loose: int
    links: Mapping[int, str]
    """The hash of each line that was asked for, by number."""


def sealed(text: str, after: Link, between: bytes) -> tuple[bytes, Link]:
    """A line of JSON (an object that begins with `at`, and its line end) as it is written after a link, with the bytes between them."""
    body = f'{text.rstrip()[:-1]},"number":{after.number + 1},"previous":"{after.hash}"'.encode()
    link = Link(after.number + 1, _hash(after.hash, between, body))
    return body + f',"hash":"{link.hash}"}}\n'.encode(), link


def read_sealed(raw: bytes) -> SealedLine | None:
    """A line of the chain, with its line end; None where it is none."""
    found = _LINE.fullmatch(raw)
    if found is None:
        return None
    return SealedLine(found[1], found[3].decode(), Link(int(found[2]), found[4].decode()))


def check(files: Iterable[tuple[str, Iterable[bytes]]], wanted: frozenset[int] = frozenset()) -> Checked:
    """Follow the chain through files in their order, each given as its lines with their line ends."""
    follower = _Follower(wanted)
    for name, lines in files:
        for number, raw in enumerate(lines, start=1):
            follower.piece(name, number, raw)
    return follower.checked()


class _Follower:
    """Walks the chain; after a fault it goes on from what the line itself says, so that one fault is told once."""

    def __init__(self, wanted: frozenset[int]) -> None:
        self._wanted = wanted
        self._faults: list[ChainFault] = []
        self._links: dict[int, str] = {}
        self._first: Link | None = None
        self._at = Link()
        self._between: list[bytes] = []
        self._unsealed: tuple[str, int] | None = None
        self._lines = 0

    def piece(self, name: str, number: int, raw: bytes) -> None:
        """One line of a file; the last may lack its line end."""
        line = read_sealed(raw if raw.endswith(b"\n") else raw + b"\n")
        if line is None:
            self._between.append(raw)
            if self._unsealed is None and _is_line(raw.decode(errors="replace")):
                self._unsealed = (name, number)
            return
        self._faults += self._judged(name, number, line)
        if line.link.number in self._wanted:
            self._links[line.link.number] = line.link.hash
        self._at, self._between, self._unsealed = line.link, [], None
        self._lines += 1

    def checked(self) -> Checked:
        if self._unsealed is not None and self._lines:
            self._faults.append(ChainFault(*self._unsealed, "the line has no seal: it was added, or its seal was taken away"))
        loose = sum(map(len, self._between))
        return Checked(tuple(self._faults), self._first, self._at, self._lines, loose, self._links)

    def _judged(self, name: str, number: int, line: SealedLine) -> Iterator[ChainFault]:
        if self._first is None:
            self._first = self._at = Link(line.link.number - 1, line.previous)
        if line.link.number != self._at.number + 1:
            yield ChainFault(name, number, _jump(self._at.number, line.link.number))
        elif line.previous != self._at.hash:
            yield ChainFault(name, number, "the line does not follow from the one before it")
        if line.link.hash != _hash(line.previous, b"".join(self._between), line.body):
            yield ChainFault(name, number, _changed(bool(self._between)))


def _is_line(text: str) -> bool:
    """Whether bytes without a seal say what a line says."""
    return read_line(text) is not None or read_refusal(text) is not None


def _jump(last: int, number: int) -> str:
    if number > last + 1:
        missing = f"line {last + 1} is" if number == last + 2 else f"lines {last + 1} to {number - 1} are"
        return f"{missing} missing before it, or stand elsewhere"
    return f"it is line {number} of the chain, and stands after line {last}"


def _changed(has_more: bool) -> str:
    return "the line, or what stands before it without a seal, is not what was written" if has_more else "the line is not what was written"


def _hash(previous: str, between: bytes, body: bytes) -> str:
    digest = hashlib.sha256(previous.encode())
    digest.update(between)
    digest.update(body)
    return digest.hexdigest()
