"""Reads an object of JSON lines as Arrow batches of lines, untouched: object, record number, text, or bytes where it is no UTF-8.

Used by `quick.py` (a whole object in one statement) and `careful.py`. A record is a line that is not blank; its number is the
number of its line. Line ends are `\\n` or `\\r\\n`. Memory is bounded by the longest line, and that by `LONGEST`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.land.container import BLOCK, RefusedFileError
from jobs.land.report import Fault
from jobs.land.sniff import BOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LONGEST = 64 * 2**20
"""Bytes of the longest record that is read."""


MOST_UNKNOWN = 1_000
"""Names of unknown fields that are remembered of one object."""


@dataclass(slots=True)
class Heard:
    """What the readers noticed on the way, by object number: records counted, and the fault that ended an object early."""

    records: dict[int, int] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    unknown: dict[int, dict[str, int]] = field(default_factory=dict)
    """How many records had each field that the contract does not name."""

    def count(self, number: int, records: int) -> None:
        self.records[number] = self.records.get(number, 0) + records

    def note_unknown(self, number: int, names: Iterable[str]) -> None:
        held = self.unknown.setdefault(number, {})
        for name in names:
            if name in held or len(held) < MOST_UNKNOWN:
                held[name] = held.get(name, 0) + 1


def line_schema() -> Any:
    """`chunk` numbers the blocks of text of a batch, so that a part of its lines can be fetched again in bounded memory."""
    import pyarrow as pa

    return pa.schema(
        [
            ("object", pa.int32()),
            ("record", pa.int64()),
            ("chunk", pa.int64()),
            ("line", pa.string()),
            ("bytes", pa.binary()),
        ]
    )


def line_batches(
    read: Callable[[int], bytes], number: int, heard: Heard, chunks: Iterator[int], *, first: int = 1, inside: bool = False
) -> Iterator[Any]:
    """Batches of one object's lines. Raises RefusedFileError for damage that is met on the way.

    `first` is the number of the first line; `inside`: what is read is not the object's beginning.
    """
    for text, chunk in zip(whole_lines(read, begun=inside), chunks, strict=False):
        batch, lines, records = _batch(text.replace(b"\r\n", b"\n") if b"\r" in text else text, number, first, chunk)
        heard.count(number, records)
        first += lines
        yield batch


def whole_lines(read: Callable[[int], bytes], *, begun: bool = False) -> Iterator[bytes]:
    """Blocks of text that end with a line; the last may lack its line end. A mark of UTF-8 at the beginning is left out."""
    carry = b""
    while block := read(BLOCK):
        if not begun:
            block, begun = block.removeprefix(BOM), True
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join((carry, memoryview(block)[:cut]))  # one copy
            carry = block[cut:]
        else:
            carry += block
        if len(carry) > LONGEST:
            hint = "is it a file of records? One record a line is expected."
            raise RefusedFileError(Fault("RNG-JOB-007", f"A record in it is longer than {LONGEST // 2**20} MiB.", hint))
    if carry:
        yield carry


def _batch(text: bytes, number: int, first: int, chunk: int) -> tuple[Any, int, int]:
    """The batch of a block, how many lines it has, and how many of them are not empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("=ii", 0, len(text))), pa.py_buffer(text))  # no copy
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return _mixed_batch(text, number, first, chunk)
    lines = pc.split_pattern(whole, "\n").values
    if text.endswith(b"\n"):
        lines = lines[:-1]
    empty = pc.sum(pc.equal(pc.binary_length(lines), 0)).as_py()
    return _table(number, first, chunk, lines, pa.nulls(len(lines), pa.binary())), len(lines), len(lines) - empty


def _mixed_batch(text: bytes, number: int, first: int, chunk: int) -> tuple[Any, int, int]:
    """The same for a block with bytes that are not UTF-8: such lines go into `bytes`."""
    import pyarrow as pa

    split = text.removesuffix(b"\n").split(b"\n")
    lines: list[str | None] = []
    for line in split:
        try:
            lines.append(line.decode())
        except UnicodeDecodeError:
            lines.append(None)
    wrong = [line if good is None else None for line, good in zip(split, lines, strict=True)]
    batch = _table(number, first, chunk, pa.array(lines, pa.string()), pa.array(wrong, pa.binary()))
    return batch, len(split), sum(bool(line) for line in split)


def _table(number: int, first: int, chunk: int, lines: Any, wrong: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(lines)
    records = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count), start=first - 1)
    constant = [pa.repeat(pa.scalar(number, pa.int32()), count), records, pa.repeat(pa.scalar(chunk, pa.int64()), count)]
    return pa.record_batch([*constant, lines, wrong], schema=line_schema())
