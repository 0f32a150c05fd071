"""Pieces of work: an object to read, or a part of a large one that can be read from the middle.

Used by `judging.py`; planned by `spark/shares.py`. A part holds the lines that begin in it, to their ends, so the parts of an
object hold each line once. Lines are numbered through the whole object: `lines_begun` is counted for each part first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.land.container import BLOCK

if TYPE_CHECKING:
    from typing import BinaryIO

    from jobs.land.shape import Shape


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `end` (exclusive) of plain JSON lines; `first` is the number of the first line that begins there."""

    start: int
    end: int
    first: int
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One object by its number in the batch and its key; a part of it where `part` is given."""

    number: int
    key: str
    part: Part | None = None


class PartReader:
    """Reads the lines that begin in a part; `read` gives up to so many bytes, `b""` at the end."""

    def __init__(self, raw: BinaryIO, start: int, end: int) -> None:
        self._raw, self._end = raw, end
        self._at = max(start - 1, 0)
        self._held, self._done = b"", False
        raw.seek(self._at)
        if start:
            self._skip_line()

    def read(self, size: int) -> bytes:
        block = b"" if self._done else self._held or self._raw.read(size)
        self._held = b""
        begin, self._at = self._at, self._at + len(block)
        if not block or self._at < self._end:
            return block
        cut = block.find(b"\n", max(self._end - 1 - begin, 0))
        self._done = cut >= 0
        return block[: cut + 1] if self._done else block

    def _skip_line(self) -> None:
        """The line that began before the part belongs to the part before."""
        while block := self._raw.read(BLOCK):
            cut = block.find(b"\n") + 1
            self._at += cut or len(block)
            if cut:
                self._held = block[cut:]
                break
        self._done = self._at >= self._end or not block


def lines_begun(raw: BinaryIO, start: int, end: int) -> int:
    """How many lines begin in a part; what follows the last line end counts as a line, even where it is nothing."""
    begun, at = int(start == 0), max(start - 1, 0)
    raw.seek(at)
    while at < end - 1 and (block := raw.read(min(BLOCK, end - 1 - at))):
        begun += block.count(b"\n")
        at += len(block)
    return begun
