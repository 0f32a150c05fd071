"""Reads CSV and TSV as fields: RFC 4180 quoting, a header, `\\n` or `\\r\\n`; each record's text is kept as it came.

Used by `reading.py`. A record's number counts data records from 1. An empty cell is a missing field. Where a quoted cell never
ends or goes on after its closing quote, only the line on which that record began is refused, and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from jobs.land.container import RefusedFileError
from jobs.land.fields import EXACT, MALFORMED, MISSING, TEXT, Record, Row, exact_number, faulty, unfit
from jobs.land.lines import LONGEST, whole_lines
from jobs.land.report import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobs.land.fields import Wanted
    from metrics_catalog.source import ColumnType

ROWS_AT_ONCE = 8_192
BYTES_AT_ONCE = 8 * 2**20


class Delimited:
    """One object of delimited text; `header` is read when it is made."""

    def __init__(self, read: Callable[[int], bytes], delimiter: str) -> None:
        csv.field_size_limit(2**31 - 1)
        self._lines = _Tape(read)
        self._delimiter = delimiter
        self.header = self._header()

    def rows(self, wanted: Wanted, number: int) -> Iterator[list[Row]]:
        """The object's records, some at a time."""
        known = [(i, wanted.positions[name]) for i, name in enumerate(self.header) if name in wanted.positions]
        places = [(cell, column, wanted.types[column]) for cell, column in known]
        held: list[Row] = []
        size = 0
        for record, (line, cells, wrong) in enumerate(self._records(), start=1):
            kept, raw = (None, line) if isinstance(line, bytes) else (line, None)
            held.append(Row(number, record, kept, raw, self._fields(wanted, places, cells, wrong)))
            size += len(line)
            if len(held) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
                yield held
                held, size = [], 0
        if held:
            yield held

    def verbatim(self) -> Iterator[tuple[int, bytes]]:
        """Each record's number with its lines as they stand in the object, line ends included; the header is number 0."""
        yield 0, self._head
        for record, _ in enumerate(self._records(), start=1):
            yield record, self._lines.taken()

    def _header(self) -> tuple[str, ...]:
        first = next(self._records(), None)
        self._head = self._lines.taken()
        if first is None:
            raise RefusedFileError(Fault("RNG-JOB-001", "It is empty.", "nothing was sent, or the export failed: ask the sender."))
        _, cells, wrong = first
        if wrong:
            raise RefusedFileError(
                Fault("RNG-JOB-004", f"Its first line is no header: {wrong}.", "a header with the names of the columns is expected.")
            )
        return tuple(cell.strip() for cell in cells)

    def _fields(self, wanted: Wanted, places: Sequence[tuple[int, int, ColumnType]], cells: Sequence[str], wrong: str) -> Record:
        """`places` gives for each known cell its position in the line, its column's position, and the column's type."""
        if not wrong and len(cells) != len(self.header):
            wrong = f"{len(self.header)} cells are expected, {len(cells)} are there"
        if wrong:
            return faulty(wanted, MALFORMED, None, wrong)
        texts: list[str | None] = [None] * len(wanted.types)
        kinds = [MISSING] * len(wanted.types)
        for cell_at, column_at, of in places:
            cell = cells[cell_at]
            if not cell:
                continue
            if "\0" in cell:
                return faulty(wanted, MALFORMED, self.header[cell_at], unfit(cell))
            texts[column_at], kinds[column_at] = exact_number(cell, of) if of in EXACT else cell, TEXT
        return Record(tuple(texts), "".join(kinds))

    def _records(self) -> Iterator[tuple[str | bytes, Sequence[str], str]]:
        """Text, cells, and what is wrong with the record."""
        self._lines.begin()
        while (line := self._lines.take()) is not None:
            if isinstance(line, bytes):
                yield line.removesuffix(b"\n").removesuffix(b"\r"), (), "it is not UTF-8"
                self._lines.begin()
                continue
            bare = _bare(line)
            if not bare.strip(" \t\r" if self._delimiter != "\t" else " \r"):
                continue
            if '"' not in bare:
                yield bare, bare.split(self._delimiter), ""
            else:
                yield self._quoted(line)
            self._lines.begin()

    def _quoted(self, line: str) -> tuple[str, Sequence[str], str]:
        """A record with quotes, which may go on over several lines."""
        taken = [line]

        def feed() -> Iterator[str]:
            yield line
            size = len(line)
            while size < LONGEST and (more := self._lines.take()) is not None:
                if isinstance(more, bytes):
                    self._lines.give_back([more])
                    return
                taken.append(more)
                size += len(more)
                yield more

        try:
            (cells,) = islice(csv.reader(feed(), delimiter=self._delimiter, strict=True), 1)
        except (csv.Error, ValueError):
            self._lines.give_back(taken[1:])
            return _bare(line), (), "its quotes do not match"
        return _bare("".join(taken)), cells, ""


class _Tape:
    """Physical lines with their ends; a line that is not UTF-8 stays bytes. Lines can be given back."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._blocks = whole_lines(read)
        self._lines: deque[str | bytes] = deque()
        self._taken: list[str | bytes] = []

    def take(self) -> str | bytes | None:
        while not self._lines:
            block = next(self._blocks, None)
            if block is None:
                return None
            self._lines.extend(_decoded(block))
        self._taken.append(self._lines.popleft())
        return self._taken[-1]

    def give_back(self, lines: Sequence[str | bytes]) -> None:
        self._lines.extendleft(reversed(lines))
        if lines:
            del self._taken[-len(lines) :]

    def begin(self) -> None:
        """Another record begins."""
        self._taken.clear()

    def taken(self) -> bytes:
        """The lines of the present record as they stand, with empty ones before it."""
        return b"".join(line if isinstance(line, bytes) else line.encode() for line in self._taken)


def _bare(text: str) -> str:
    """Without its line end."""
    return text.removesuffix("\n").removesuffix("\r")


def _decoded(block: bytes) -> Iterator[str | bytes]:
    """Lines of a block, each with a line end."""
    try:
        yield from (line + "\n" for line in block.decode().removesuffix("\n").split("\n"))
    except UnicodeDecodeError:
        for line in block.removesuffix(b"\n").split(b"\n"):
            try:
                yield line.decode() + "\n"
            except UnicodeDecodeError:
                yield line + b"\n"
