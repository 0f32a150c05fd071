"""Sorts the objects of one batch: each is recognised, read in its own way, and judged by the contract.

Used by `batch.py`. Afterwards the workbench holds every record of the objects that are good; objects refused whole have a fault
and no records.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, Any

from jobs.land.breaks import LEAST_RECORDS, contract_break
from jobs.land.careful import careful_rows, lines_of
from jobs.land.container import RefusedFileError, unpacked
from jobs.land.delimited import Delimited
from jobs.land.fields import MALFORMED, field_batch
from jobs.land.header import check_header
from jobs.land.lines import line_batches
from jobs.land.parquet import judge_parquet
from jobs.land.report import Fault
from jobs.land.shape import Shape, learn
from jobs.land.sniff import NO_RECORD, Format, Sniffed, looks_like, sniff
from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobs.land.workbench import Workbench
    from jobs.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class _Recognised:
    """An object that is worth reading."""

    number: int
    key: str
    sniffed: Sniffed
    shape: Shape | None


class Judging:
    """One batch on its way through the workbench; `keys` are its objects, whose numbers are their positions."""

    def __init__(self, bench: Workbench, objects: ObjectStore, keys: Sequence[str], advance: Callable[[int], None]) -> None:
        self._bench, self._objects, self._keys, self._advance = bench, objects, keys, advance
        self._chunks = count()
        self._stopped: BaseException | None = None
        self.faults: dict[int, Fault] = {}

    def run(self) -> None:
        """Sort everything. Afterwards `faults` says which objects are refused whole, and why."""
        found = [one for number, key in enumerate(self._keys) if (one := self._recognised(number, key)) is not None]
        for kind, group in groupby(found, key=lambda one: one.sniffed.format):
            if kind is Format.JSON:
                self._json(list(group))
            else:
                for one in group:
                    self._one(one)
        self.faults |= self._bench.heard.faults
        for one in found:
            if one.number not in self.faults and (fault := self._break(one)) is not None:
                self.faults[one.number] = fault
        for number in self.faults:
            self._bench.forget(number)

    def _recognised(self, number: int, key: str) -> _Recognised | None:
        try:
            sniffed = sniff(self._objects, key, self._bench.wanted.positions)
        except RefusedFileError as refusal:
            self.faults[number] = refusal.fault
            return None
        shape = learn(sniffed.head, self._bench.wanted) if sniffed.format is Format.JSON else None
        return _Recognised(number, key, sniffed, shape)

    def _json(self, group: list[_Recognised]) -> None:
        """Files of the same shape go through the engine together, so that all its threads have work."""
        ordered = sorted(group, key=lambda one: (repr(one.shape), one.number))
        for shape, alike in groupby(ordered, key=lambda one: one.shape):
            batches = self._lines(list(alike))
            if shape is not None:
                self._bench.quick(batches, shape)
            else:
                wanted, heard = self._bench.wanted, self._bench.heard
                self._bench.fields(field_batch(wanted, careful_rows(lines_of(batch), wanted, heard)) for batch in batches)
            self._go_on()

    def _lines(self, group: Sequence[_Recognised]) -> Iterator[Any]:
        for one in group:
            if self._stopped is not None:
                return
            with self._noticed(one.number), self._objects.open(one.key) as raw, unpacked(raw, one.sniffed.codec) as read:
                told = self._told(raw)
                for batch in line_batches(read, one.number, self._bench.heard, self._chunks):
                    told()
                    yield batch

    def _one(self, one: _Recognised) -> None:
        if one.sniffed.format is Format.PARQUET:
            with self._noticed(one.number):
                judge_parquet(self._bench, self._objects.path(one.key), one.number)
        else:
            self._bench.fields(self._cells(one))
        self._go_on()

    def _cells(self, one: _Recognised) -> Iterator[Any]:
        with self._noticed(one.number), self._objects.open(one.key) as raw, unpacked(raw, one.sniffed.codec) as read:
            told = self._told(raw)
            file = Delimited(read, one.sniffed.delimiter)
            if not self._bench.wanted.positions.keys() & set(file.header) and (other := looks_like(one.sniffed.head)):
                raise RefusedFileError(other)
            check_header(self._bench.source, file.header)
            for rows in file.rows(self._bench.wanted, one.number):
                told()
                self._bench.heard.count(one.number, len(rows))
                yield field_batch(self._bench.wanted, rows)

    def _break(self, one: _Recognised) -> Fault | None:
        """Why an object that could be read to its end is refused whole all the same."""
        table = self._bench.refused
        found = self._bench.engine.rows(f"SELECT reason, field, count(*) FROM {table} WHERE object = {one.number} GROUP BY ALL")
        reasons = Counter({(reason, field or ""): records for reason, field, records in found})
        received = self._bench.heard.records.get(one.number, 0)
        if not received and (one.sniffed.format is Format.JSON or self._bench.source.delivery == "snapshot"):
            return Fault("RNG-JOB-001", "It holds no record.", "nothing was sent, or the export failed: ask the sender.")
        malformed = sum(records for (reason, _), records in reasons.items() if reason == MALFORMED)
        if received and malformed == received and (one.sniffed.format is Format.JSON or received >= LEAST_RECORDS):
            return looks_like(one.sniffed.head) or NO_RECORD
        return contract_break(self._bench, one.number, received, reasons, one.shape.names if one.shape else ())

    def _told(self, raw: Any) -> Callable[[], None]:
        """Reports how far an object was read since the last call."""
        done = 0

        def tell() -> None:
            nonlocal done
            here = raw.tell()
            self._advance(here - done)
            done = here

        return tell

    @contextmanager
    def _noticed(self, number: int) -> Iterator[None]:
        """The engine pulls from our readers, and knows only that its input failed: what happened is kept here."""
        try:
            yield
        except RefusedFileError as refusal:
            self._bench.heard.faults[number] = refusal.fault
        except (RingiError, OSError, MemoryError) as error:
            self._stopped = error

    def _go_on(self) -> None:
        """Raises what stopped a reader."""
        if self._stopped is not None:
            raise self._stopped
