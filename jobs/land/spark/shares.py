"""Cuts a batch into shares of about the same size, one for each task of Spark.

Small objects go together; large plain JSON lines are cut into parts, since each part can be read from its own beginning once the
lines before it are counted. What is compressed, delimited or Parquet is read by one task an object.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.land.container import Codec, RefusedFileError
from jobs.land.fields import Wanted
from jobs.land.parts import Part, Piece, lines_begun
from jobs.land.shape import learn
from jobs.land.sniff import Format, sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jobs.land.sorting import Batch
    from jobs.object_store import ObjectStore

LEAST, MOST = 8 * 2**20, 128 * 2**20
"""Bytes of a share: less is not worth a task, more takes too long to do again when a machine is lost."""

SHARES_A_CORE = 3


@dataclass(frozen=True, slots=True)
class Share:
    """What one task reads; `size` in bytes as they are stored."""

    pieces: tuple[Piece, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part whose lines are to be counted."""

    objects: ObjectStore
    piece: Piece
    start: int
    end: int

    def lines(self) -> int:
        with self.objects.open(self.piece.key) as raw:
            return lines_begun(raw, self.start, self.end)


def share_size(total: int, cores: int) -> int:
    """Bytes a share should have: some shares for each core, within LEAST and MOST."""
    return min(MOST, max(LEAST, total // (SHARES_A_CORE * max(1, cores))))


def plan(batch: Batch, size: int, count: Callable[[Sequence[Stretch]], Sequence[int]]) -> list[Share]:
    """The shares of a batch, the largest first; `count` counts the lines of stretches, on the workers."""
    sizes = [landed.size for landed in batch.manifest.objects]
    large = [piece for piece in batch.pieces if sizes[piece.number] > size]
    cut = _cut(batch, large, size, sizes, count)
    whole = [(piece, sizes[piece.number]) for piece in batch.pieces if piece.number not in cut]
    parts = [Share((piece,), piece.part.end - piece.part.start) for pieces in cut.values() for piece in pieces if piece.part]
    return sorted([*parts, *_packed(whole, size)], key=lambda share: -share.size)


def _cut(
    batch: Batch, large: Iterable[Piece], size: int, sizes: Sequence[int], count: Callable[[Sequence[Stretch]], Sequence[int]]
) -> dict[int, list[Piece]]:
    """The parts of each object that can be cut, by its number."""
    wanted = Wanted.of(batch.source)
    shapes = {}
    for piece in large:
        try:
            sniffed = sniff(batch.objects, piece.key, wanted.positions)
        except RefusedFileError:  # its worker will say so
            continue
        if sniffed.codec is Codec.NONE and sniffed.format is Format.JSON:
            shapes[piece] = learn(sniffed.head, wanted)
    stretches = [
        Stretch(batch.objects, piece, start, min(start + size, sizes[piece.number]))
        for piece in shapes
        for start in range(0, sizes[piece.number], size)
    ]
    found: dict[int, list[Piece]] = {}
    first = 1
    for stretch, lines in zip(stretches, count(stretches) if stretches else (), strict=True):
        first = 1 if stretch.start == 0 else first
        part = Part(stretch.start, stretch.end, first, shapes[stretch.piece])
        found.setdefault(stretch.piece.number, []).append(replace(stretch.piece, part=part))
        first += lines
    return found


def _packed(pieces: Iterable[tuple[Piece, int]], size: int) -> list[Share]:
    """Neighbours together, up to a share's size."""
    shares: list[Share] = []
    held: list[Piece] = []
    weight = 0
    for piece, own in pieces:
        if held and weight + own > size:
            shares.append(Share(tuple(held), weight))
            held, weight = [], 0
        held.append(piece)
        weight += own
    return [*shares, Share(tuple(held), weight)] if held else shares
