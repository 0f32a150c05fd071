"""Finds a person's records in the landing zone: objects are read and judged as landing does, whatever became of them then.

So repeated records and records of replaced snapshots are found too, in every format. Objects whose bytes cannot hold the value are
passed over after one look. An object that was refused whole goes whole, since none of its records is in the lake.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jobs.engines.duckdb import literal
from jobs.erase.plan import ObjectWork
from jobs.erase.search.evidence import wanted_bytes
from jobs.erase.search.needles import Finder, Hits
from jobs.erase.search.unpacking import UnreadableError, streams
from jobs.land.judging import Judging
from jobs.land.mention import mentions, text_of
from jobs.land.parts import Piece
from jobs.land.record_numbers import ALL, as_text, from_text, remaining
from jobs.land.report import Counts
from jobs.land.rewriting import held_by
from jobs.land.sniff import Format
from jobs.land.store import Landing
from jobs.land.tellers import telling
from jobs.land.workbench import JUDGED, PLACE, Workbench
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobs.engines.duckdb import DuckDb
    from jobs.erase.reach import Held
    from jobs.erase.subject import Subject
    from jobs.land.manifest import Landed, Manifest
    from jobs.object_store import ObjectStore

Place = tuple[str, str, int]
"""Batch, object and record number, as bronze and quarantine have them."""


@dataclass(frozen=True, slots=True)
class LandedRecords:
    """What was found of one source: work by object, and the places of refused records."""

    objects: tuple[ObjectWork, ...]
    refused: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Scan:
    """One source's landing zone, and whom to look for; `accepted` are the places of the person's rows in bronze."""

    objects: ObjectStore
    engine: DuckDb
    held: Held
    subject: Subject
    accepted: frozenset[Place]

    def run(self, advance: Callable[[int], None]) -> LandedRecords:
        """Look through every batch; `advance` hears bytes."""
        landing, found, refused = Landing(self.objects, self.held.source), [], set[Place]()
        for manifest in manifests(landing):
            records = self._batch(landing, manifest, advance)
            for number, (sound, wrong) in sorted(records.items()):
                if sound is None:
                    found.append(ObjectWork(self.held.name, manifest.batch, number, ALL))
                else:
                    found.append(self._work(manifest, number, sound, wrong))
                    refused |= {(manifest.batch, manifest.objects[number].object, record) for record in wrong}
        return LandedRecords(tuple(found), frozenset(refused))

    def _work(self, manifest: Manifest, number: int, sound: set[int], wrong: set[int]) -> ObjectWork:
        name = manifest.objects[number].object
        accepted = {record for record in sound if (manifest.batch, name, record) in self.accepted}
        if self.held.source.delivery == "snapshot":  # bronze has the latest file alone; earlier ones were accepted once
            accepted = sound
        counted = Counts(accepted=len(accepted), repeated=len(sound - accepted), refused=len(wrong))
        return ObjectWork(self.held.name, manifest.batch, number, as_text(sound | wrong), counted)

    def _batch(
        self, landing: Landing, manifest: Manifest, advance: Callable[[int], None]
    ) -> Mapping[int, tuple[set[int] | None, set[int]]]:
        """Numbers of sound and of refused records by object; None for an object that goes whole."""
        pieces = []
        for number, landed in enumerate(manifest.objects):
            key = landing.key(manifest.batch, landed.object)
            if not landing.objects.exists(key):
                continue
            if self._may_hold(key):
                pieces.append(Piece(number, key))
            advance(landed.size)
        return self._judged(manifest, pieces) if pieces else {}

    def _judged(self, manifest: Manifest, pieces: list[Piece]) -> Mapping[int, tuple[set[int] | None, set[int]]]:
        found: dict[int, tuple[set[int] | None, set[int]]] = {}
        with Workbench(self.engine, self.held.source) as bench:
            judging = Judging(bench, self.objects, pieces, lambda _: None)
            tallies = judging.run()
            lined = {one.number for one in judging.recognised if one.sniffed.format is Format.JSON}
            sound, wrong = self._sound(bench), self._refused(bench)
        for piece in pieces:
            landed = manifest.objects[piece.number]
            if landed.report is not None and landed.report.refused_whole:
                if self._tells(piece.key):
                    found[piece.number] = (None, set())
                continue
            numbers = (sound[piece.number], wrong[piece.number])
            if tallies[piece.number].fault is not None:  # it was landed under an earlier contract
                numbers = (set(telling(self.objects, piece.key, self._fields, self.held.field, self.subject.text.__eq__)), set())
            if piece.number not in lined and landed.erased:
                numbers = (_original(landed, numbers[0]), _original(landed, numbers[1]))
            known = {record for batch, name, record in self.accepted if (batch, name) == (manifest.batch, landed.object)}
            if numbers[0] or numbers[1] or known:
                found[piece.number] = (numbers[0] | known, numbers[1] - known)
        return found

    def _sound(self, bench: Workbench) -> Mapping[int, set[int]]:
        column = f'"{self.held.column}"'
        rows = bench.engine.rows(f"SELECT {PLACE}, _record FROM {bench.sound} WHERE {column} = {self._value}")
        return _by_object(rows)

    def _refused(self, bench: Workbench) -> Mapping[int, set[int]]:
        """Refused records with the value, or with a text that tells of the person where no value could be read."""
        value = f"v{list(bench.source.columns).index(self.held.column)}"
        rows = bench.engine.rows(
            f"SELECT object, record, {value}, line, bytes FROM {JUDGED} WHERE reason IS NOT NULL AND ({value} IS NULL OR {value} = {self._value})"
        )
        theirs = [(number, record) for number, record, read, line, raw in rows if read is not None or self._of(line, raw)]
        return _by_object(theirs)

    def _of(self, line: str | None, raw: bytes | None) -> bool:
        text = line if line is not None else text_of(raw or b"")
        return mentions(text, self.held.field, self.subject.text.__eq__)

    @property
    def _fields(self) -> frozenset[str]:
        return frozenset(column.from_field or name for name, column in self.held.source.columns.items())

    @property
    def _value(self) -> str:
        return str(self.subject.value) if self.subject.type is ColumnType.INTEGER else literal(self.subject.text)

    def _may_hold(self, key: str) -> bool:
        """Whether an object's bytes may hold the value; escapes could hide it, and Parquet's numbers."""
        if self.subject.type is ColumnType.INTEGER or key.endswith(".parquet"):
            return True
        return self._tells(key, hidden=True)

    def _tells(self, key: str, *, hidden: bool = False) -> bool:
        """Whether the value stands in an object's bytes; `hidden`: or may stand there behind an escape, or where nothing can be read."""
        wanted, hits = wanted_bytes(self.subject), Hits()
        with self.objects.open(key) as raw:
            try:
                for stream in streams(raw):
                    finder = Finder(wanted, hits) if wanted else None
                    for block in stream:
                        if hidden and b"\\" in block:
                            return True
                        if finder is not None:
                            finder.feed(block)
                    if finder is not None:
                        finder.end()
            except UnreadableError:
                return hidden or hits.exact > 0
        return hits.exact > 0 or (hidden and hits.longer > 0)


def manifests(landing: Landing) -> Iterator[Manifest]:
    """Every batch of a source that is in the landing zone."""
    for batch in landing.objects.names(landing.source.source):
        if (manifest := landing.manifest(batch)) is not None:
            yield manifest


def is_settled(landing: Landing, manifest: Manifest, number: int) -> bool:
    """Whether an object holds what its manifest says."""
    landed = manifest.objects[number]
    return not landed.erased or held_by(landing.objects.open(landing.key(manifest.batch, landed.object))) == landed.holds


def _by_object(rows: list[tuple[int, int]]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for number, record in rows:
        found[number].add(record)
    return found


def _original(landed: Landed, positions: set[int]) -> set[int]:
    """The numbers, as the object was received, of records at positions of what is left of it."""
    if not positions:
        return set()
    gone = frozenset().union(*(from_text(one.records) for one in landed.erased))
    return {number for position, number in enumerate(islice(remaining(gone), max(positions)), start=1) if position in positions}
