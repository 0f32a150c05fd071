"""Sorts the objects of one batch: each is recognised, read in its own way, and judged by the contract.

Used by `embedded.py`, and by the workers of `spark/` for their share of a batch. Afterwards the workbench holds every record of
the objects that are good; objects refused whole have a fault and no records.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, Any

from jobs.land.breaks import BenchLook, Evidence, refused_whole
from jobs.land.careful import careful_rows, lines_of
from jobs.land.container import Codec, RefusedFileError, unpacked
from jobs.land.delimited import Delimited
from jobs.land.fields import field_batch
from jobs.land.header import check_header
from jobs.land.lines import line_batches
from jobs.land.parquet import at_hand, judge_parquet
from jobs.land.parts import Part, PartReader, Piece
from jobs.land.shape import Shape, learn
from jobs.land.sniff import Format, Sniffed, looks_like, sniff
from jobs.land.tally import Tally, tallies
from jobs.land.withholding import withhold
from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from jobs.land.report import Fault
    from jobs.land.suppression import Suppressed
    from jobs.land.workbench import Workbench
    from jobs.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Recognised:
    """An object, or a part of one, that is worth reading."""

    number: int
    key: str
    sniffed: Sniffed
    shape: Shape | None
    part: Part | None = None


class Judging:
    """Pieces of one batch on their way through the workbench."""

    def __init__(
        self,
        bench: Workbench,
        objects: ObjectStore,
        pieces: Sequence[Piece],
        advance: Callable[[int], None],
        suppressed: Suppressed | None = None,
    ) -> None:
        self._bench, self._objects, self._pieces, self._advance = bench, objects, pieces, advance
        self._suppressed = suppressed
        self._chunks = count()
        self._stopped: BaseException | None = None
        self._faults: dict[int, Fault] = {}
        self.recognised: list[Recognised] = []

    def run(self) -> dict[int, Tally]:
        """Sort everything; what became of each object, by its number.

        Whether a part is of an object that is refused whole, its evidence must say, together with that of the other parts.
        """
        self.recognised = [one for piece in self._pieces if (one := self._recognise(piece)) is not None]
        for kind, group in groupby(self.recognised, key=lambda one: one.sniffed.format):
            if kind is Format.JSON:
                self._json(list(group))
            else:
                for one in group:
                    self._one(one)
        if self._suppressed:
            withhold(self._bench, self._suppressed)
        self._faults |= self._bench.heard.faults
        found = tallies(self._bench, [piece.number for piece in self._pieces], self._faults)
        for one in self.recognised:
            if one.part is None and found[one.number].fault is None:
                fault = refused_whole(self._bench.source, one.number, found[one.number], self.evidence(one), BenchLook(self._bench))
                found[one.number] = found[one.number] if fault is None else Tally(fault=fault)
        for number, tally in found.items():
            if tally.fault is not None:
                self._bench.forget(number)
        return found

    def _recognise(self, piece: Piece) -> Recognised | None:
        if piece.part is not None:
            return Recognised(piece.number, piece.key, Sniffed(Codec.NONE, Format.JSON, "", b""), piece.part.shape, piece.part)
        try:
            sniffed = sniff(self._objects, piece.key, self._bench.wanted.positions)
        except RefusedFileError as refusal:
            self._faults[piece.number] = refusal.fault
            return None
        shape = learn(sniffed.head, self._bench.wanted) if sniffed.format is Format.JSON else None
        return Recognised(piece.number, piece.key, sniffed, shape)

    def _json(self, group: list[Recognised]) -> None:
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

    def _lines(self, group: Sequence[Recognised]) -> Iterator[Any]:
        for one in group:
            if self._stopped is not None:
                return
            with self._noticed(one.number), self._objects.open(one.key) as raw, self._text(one, raw) as read:
                told = self._told(raw)
                first, inside = (one.part.first, one.part.start > 0) if one.part else (1, False)
                for batch in line_batches(read, one.number, self._bench.heard, self._chunks, first=first, inside=inside):
                    told()
                    yield batch

    @contextmanager
    def _text(self, one: Recognised, raw: BinaryIO) -> Iterator[Callable[[int], bytes]]:
        if one.part is not None:
            yield PartReader(raw, one.part.start, one.part.end).read
            return
        with unpacked(raw, one.sniffed.codec) as read:
            yield read

    def _one(self, one: Recognised) -> None:
        if one.sniffed.format is Format.PARQUET:
            with self._noticed(one.number), at_hand(self._objects, one.key) as path:
                judge_parquet(self._bench, path, one.number)
        else:
            self._bench.fields(self._cells(one))
        self._go_on()

    def _cells(self, one: Recognised) -> Iterator[Any]:
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

    def evidence(self, one: Recognised) -> Evidence:
        """What was noticed of an object, or of a part of it."""
        sniffed = one.sniffed
        usual = one.shape.names if one.shape else ()
        return Evidence(self._bench.heard.unknown.get(one.number, {}), usual, looks_like(sniffed.head), sniffed.format is Format.JSON)

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
