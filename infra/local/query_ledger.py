"""The ledger of queries in a folder of the lake: one file of JSON lines a day, appended to and never changed.

Made by `ringi.querying` for a lake on this machine. A line is one `write` to a file opened for appending, so that many
processes write side by side without a lock and without waiting for the disk.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from governance.query_ledger import QueryLine, read_line
from infra.local.foreign import translated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


class QueryLedger:
    """The ledger below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, line: QueryLine) -> None:
        """Add a line; raises an InfraError where the folder cannot be written."""
        raw = line.as_text().encode()
        with translated("writing the ledger of queries"):
            descriptor = self._opened(self._folder / f"{line.at.astimezone(dt.UTC).date().isoformat()}.jsonl")
            try:
                os.write(descriptor, raw)
            finally:
                os.close(descriptor)

    def lines(self, since: dt.date, columns: Collection[str]) -> Iterator[QueryLine]:
        """Lines of that day and later which name one of the columns, oldest day first; what is no line is passed over."""
        with translated("reading the ledger of queries"):
            days = sorted(path for path in self._folder.glob("????-??-??.jsonl") if path.stem >= since.isoformat())
            for path in days:
                yield from _lines(path, columns)

    def _opened(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o666)


def _lines(path: Path, columns: Collection[str]) -> Iterator[QueryLine]:
    wanted = [f'"{column}"' for column in columns]
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            if any(name in text for name in wanted) and (line := read_line(text)) is not None:
                yield line
