"""The bytes of every definition file of one kind, searched for names without reading any YAML.

Used by `partial`, so that in a catalog of thousands of metrics only those that a change can reach are parsed. The search may
find too much, never too little: a file that could hide a name (a backslash in it can begin an escape) counts as holding all.
All files stand in one buffer, since searching that is a hundred times faster than searching 12,000.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING

from metrics_catalog.yaml_bytes import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

_WORD = re.compile(rb"[a-z0-9_]+")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_FEW = 24
"""Up to so many names are looked for one by one; more are looked up among each file's words."""

_MARKS = rb"""["']?\s*:(?:\s|#[^\n]*|[&!]\S+|[>|][0-9+-]*|["'])*"""
"""What may stand between a field and the first letter of its value: quotes, comments, an anchor, the sign of a block."""

_LONGEST_MARKS = 1000
"""How far back a field is looked for from its value."""

_USUAL = 64 * 1024
"""Nearly every file is smaller; asking for more at once costs the memory of it."""

_MEANINGS = "approvals/meanings"

_KEPT: ContextVar[dict[tuple[str, str], list[tuple[str, bytes]]] | None] = ContextVar("kept", default=None)
"""Files by project and folder, while `read_once` lasts."""


class Texts:
    """The files of one folder, in lower case, by their path in the project; `skip` are left out."""

    def __init__(self, root: Path, folder: str, skip: Collection[str]) -> None:
        read = [(file, text) for file, text in _read(str(root), folder) if file not in skip]
        self._files = [file for file, _ in read]
        self._buffer = b"\0".join(text for _, text in read).lower() + b"\0"
        self._starts, at = [], 0
        for _, text in read:
            self._starts.append(at)
            at += len(text) + 1
        self._starts.append(at)

    @property
    def files(self) -> list[str]:
        """All files."""
        return self._files

    def naming(self, names: Collection[str], among: Collection[str] | None = None) -> set[str]:
        """Files in which one of the names stands as a whole word; all that could hide one. Only of `among` where it is given."""
        wanted = {name.encode(errors="replace").lower() for name in names if name}
        if len(wanted) > _FEW:
            found = {file for file in (self._files if among is None else among) if not wanted.isdisjoint(_WORD.findall(self._text(file)))}
        else:
            found = {self._files[self._file_at(at)] for name in wanted for at in self._words(name)}
        found = found | self.odd if names else found
        return found if among is None else found.intersection(among)

    def with_any(self, parts: Collection[bytes]) -> set[str]:
        """Files that hold one of these sequences of bytes anywhere, and all that could hide one."""
        return {self._files[number] for part in parts for number in self._holding(part)} | self.odd

    def text(self, file: str) -> bytes:
        """The bytes of one of the files, in lower case."""
        return self._text(file).rstrip(b"\0")

    def defining(self, field: str, names: Collection[str]) -> set[str]:
        """Files that may define one of the names in `field`, such as `metric: plays`."""
        wanted = {name.encode(errors="replace").lower() for name in names if name}
        if len(wanted) > _FEW:
            definers = self._definers(field)
            return {file for name in wanted for file in definers.get(name, ())} | self.odd
        before = re.compile(field.encode() + _MARKS + rb"\Z")
        places = (at for name in wanted for at in self._words(name) if before.search(self._buffer, max(0, at - _LONGEST_MARKS), at))
        return {self._files[self._file_at(at)] for at in places} | self.odd

    @cached_property
    def odd(self) -> frozenset[str]:
        """Files whose bytes may stand for other characters: an escape of YAML, or the Kelvin sign, which Unicode composes to K."""
        return frozenset(self._files[number] for part in (b"\\", b"\xe2\x84\xaa") for number in self._holding(part))

    def _definers(self, field: str) -> dict[bytes, set[str]]:
        """Every file by the words that begin the value of a field in it."""
        found: dict[bytes, set[str]] = {}
        for match in re.finditer(field.encode() + _MARKS + rb"([a-z0-9_][a-z0-9_-]*)", self._buffer):
            found.setdefault(match[1], set()).add(self._files[self._file_at(match.start())])
        return found

    def _words(self, word: bytes) -> Iterator[int]:
        """Where a word stands whole."""
        at = self._buffer.find(word)
        while at >= 0:
            before, after = self._buffer[at - 1] if at else 0, self._buffer[at + len(word)]
            if before not in _LETTERS and after not in _LETTERS:
                yield at
            at = self._buffer.find(word, at + 1)

    def _holding(self, part: bytes) -> Iterator[int]:
        """Numbers of the files that hold a part."""
        at = self._buffer.find(part)
        while at >= 0:
            number = self._file_at(at)
            yield number
            at = self._buffer.find(part, self._starts[number + 1])

    def _file_at(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1

    def _text(self, file: str) -> bytes:
        number = self._numbers[file]
        return self._buffer[self._starts[number] : self._starts[number + 1]]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {file: number for number, file in enumerate(self._files)}


@contextmanager
def read_once() -> Iterator[None]:
    """While it lasts, the files of a folder are read once, however many texts are made of them: reading is most of the work."""
    mark = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(mark)


def _read(root: str, folder: str) -> Iterable[tuple[str, bytes]]:
    kept = _KEPT.get()
    if kept is None:
        return _read_all(root, folder)
    if (root, folder) not in kept:
        kept[root, folder] = list(_read_all(root, folder))
    return kept[root, folder]


def _read_all(root: str, folder: str) -> Iterator[tuple[str, bytes]]:
    """Each ordinary file that the catalog would read; links and folders of links it refuses, and so do both versions."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(f"{root}/{current}") as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError:
            continue
        for entry in found:
            file = f"{current}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.extend([file] if file != _MEANINGS else [])
            elif entry.name.endswith(".yaml") and entry.is_file(follow_symlinks=False):
                yield file, _bytes(entry.path)


def _bytes(path: str) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        text = os.read(handle, _USUAL)
        return text if len(text) < _USUAL else text + os.read(handle, MOST_BYTES)
    finally:
        os.close(handle)
