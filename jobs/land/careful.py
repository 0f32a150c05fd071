"""The careful way to read JSON lines: one line at a time, by one strict reader that is the same for every engine.

Used by `workbench.py` for lines that are not plain, and for files that have no shape. A line of nothing but blanks is no record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.land.fields import MALFORMED, Record, Row, faulty
from jobs.land.json_record import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.land.fields import Wanted
    from jobs.land.lines import Heard

BLANKS = " \t\r"


def careful_rows(lines: Iterable[tuple[int, int, str | None, bytes | None]], wanted: Wanted, heard: Heard) -> Iterator[Row]:
    """The records of lines, each with object and number; empty lines, which were never counted, are left out."""
    for number, record, line, wrong in lines:
        if line is None:
            yield Row(number, record, None, wrong, faulty(wanted, MALFORMED, None, "it is not UTF-8"))
        elif line.strip(BLANKS):
            yield Row(number, record, line, None, _read(line, number, wanted, heard))
        elif line:
            heard.count(number, -1)


def lines_of(batch: Any) -> Iterator[tuple[int, int, str | None, bytes | None]]:
    """The lines of an Arrow batch of `lines.line_schema`."""
    return zip(*(batch.column(name).to_pylist() for name in ("object", "record", "line", "bytes")), strict=True)


def _read(line: str, number: int, wanted: Wanted, heard: Heard) -> Record:
    record, unknown = read_json(line, wanted)
    if unknown:
        heard.note_unknown(number, unknown)
    return record
