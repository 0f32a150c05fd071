"""The ledger of queries in a folder of the lake: one file of JSON lines a day, appended to and never changed, chained by hashes.

Made by `ringi.query.answering` for a lake on this machine. A line is one `write` to a file opened for appending, under a lock that is
held for as long as it takes to read the end of the last file: many processes write side by side, and none waits for the disk.
A line goes into the newest file, so that a clock that is late cannot write into a day that is over.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from governance.ledgers.query_chain import Link, check, read_sealed, sealed
from governance.ledgers.query_ledger import QueryLine, read_line
from governance.ledgers.query_refusal import RefusedLine, read_refusal
from infra.errors import InfraError
from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from governance.ledgers.query_chain import Checked

Line = TypeVar("Line", QueryLine, RefusedLine)

LOCK = ".lock"
PATIENCE_SECONDS = 2.0
"""A writer that waits longer gives up: somebody who holds the lock was stopped, and queries must go on."""

_DAY_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")
_STEP = 8 * 2**10


class QueryLedger:
    """The ledger below one folder."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._folder, self._patience = folder, patience

    def append(self, line: QueryLine | RefusedLine) -> Link:
        """Add a line, and say where it stands; raises an InfraError where the folder cannot be written."""
        day = f"{line.at.astimezone(dt.UTC).date().isoformat()}.jsonl"
        with translated("writing the ledger of queries"), self._locked():
            names = self._names()
            link, between = self._end(names)
            if between and not between.endswith(b"\n"):  # a writer was killed: its piece ends here
                _write(self._folder / names[-1], b"\n")
                link, between = self._end(names)
            raw, link = sealed(line.as_text(), link, between)
            _write(self._folder / (max(day, names[-1]) if names else day), raw)
        return link

    def lines(self, since: dt.date, columns: Collection[str] | None = None) -> Iterator[QueryLine]:
        """Queries of that day and later that were answered, oldest first, all or those which name one of the columns.

        What is no such line is passed over.
        """
        wanted = None if columns is None else [f'"{column}"' for column in columns]
        yield from self._each(since, lambda text: read_line(text) if wanted is None or any(name in text for name in wanted) else None)

    def refusals(self, since: dt.date) -> Iterator[RefusedLine]:
        """Queries of that day and later that were refused or stopped, oldest first."""
        yield from self._each(since, read_refusal)

    def _each(self, since: dt.date, made: Callable[[str], Line | None]) -> Iterator[Line]:
        with translated("reading the ledger of queries"):
            for name in self._names():
                if name[:10] >= since.isoformat():
                    yield from _lines(self._folder / name, since, made)

    def end(self) -> Link:
        """Where the chain ends now; number 0 where nothing was ever written."""
        with translated("reading the ledger of queries"):
            return self._end(self._names())[0]

    def check(self, wanted: Collection[int] = ()) -> Checked:
        """Follow the whole chain; `wanted` are numbers of lines whose hashes somebody wants to compare."""
        with translated("reading the ledger of queries"):
            return check(((name, _raw_lines(self._folder / name)) for name in self._names()), frozenset(wanted))

    def days_before(self, day: dt.date) -> tuple[tuple[str, ...], Link]:
        """Files of days before one that may be removed, and where the chain stands after them.

        The newest file stays, and so does one that ends in what a killed writer left, since the next line's seal covers that.
        """
        with translated("reading the ledger of queries"):
            names = self._names()
            old = [name for name in names[:-1] if name[:10] < day.isoformat()]
            while old:
                link, between = self._end(old)
                if not between:
                    return tuple(old), link
                old.pop()
        return (), Link()

    def remove(self, names: Collection[str]) -> None:
        """Forget files that `days_before` named, oldest first."""
        with translated("removing old days of the ledger of queries"), self._locked():
            for name in sorted(names):
                (self._folder / name).unlink(missing_ok=True)

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self._folder) if _DAY_FILE.fullmatch(name))  # noqa: PTH208  faster than Path
        except FileNotFoundError:
            return []

    def _end(self, names: list[str]) -> tuple[Link, bytes]:
        """The last line of the chain, and the bytes after it in all files."""
        between = b""
        for name in reversed(names):
            link, tail = _end_of(self._folder / name)
            between = tail + between
            if link is not None:
                return link, between
        return Link(), between

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = self._opened_lock()
        try:
            until = time.monotonic() + self._patience
            while not _taken(descriptor):
                if time.monotonic() > until:
                    raise InfraError(
                        "Somebody has held the ledger of queries for too long.", hint=f"see who holds {self._folder / LOCK} (`fuser`)."
                    )
                time.sleep(0.001)
            yield
        finally:
            os.close(descriptor)  # which lets go

    def _opened_lock(self) -> int:
        path, flags = self._folder / LOCK, os.O_RDWR | os.O_CREAT
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o666)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, raw: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        if os.write(descriptor, raw) < len(raw):  # the rest had no room; the next writer closes the piece
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def _end_of(path: Path) -> tuple[Link | None, bytes]:
    """The last line of the chain in a file, and the bytes after it; all bytes where there is none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        want = _STEP
        while True:
            begin = max(0, size - want)
            file.seek(begin)
            held = file.read(size - begin)
            end = len(held)
            while (start := held.rfind(b"\n", 0, end - 1) + 1) or begin == 0:
                line = read_sealed(held[start:end])
                if line is not None:
                    return line.link, held[end:]
                if start == 0:
                    break
                end = start
            if begin == 0:
                return None, held
            want *= 8


def _raw_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _lines(path: Path, since: dt.date, made: Callable[[str], Line | None]) -> Iterator[Line]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            line = made(text)
            if line is not None and line.at.date() >= since:
                yield line
