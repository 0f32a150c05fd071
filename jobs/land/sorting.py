"""The port through which a batch is sorted into accepted, repeated and refused records, and written as data files.

Implemented by `embedded.py` (DuckDB in this process) and by `spark/` (DuckDB in every worker of a cluster); used by `batch.py`,
which decides and commits. Both judge with the same code, so they accept and refuse the same records for the same reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from jobs.land.lake_tables import bronze_spec, quarantine_spec
from jobs.land.parts import Piece
from jobs.land.suppression import Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from jobs.engine import Written
    from jobs.land.manifest import Manifest
    from jobs.land.report import Restated
    from jobs.land.tally import Tally
    from jobs.object_store import ObjectStore
    from jobs.table import Tables, TableSpec
    from metrics_catalog.source import Source


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch to sort, where its raw objects are, and who must be kept out; it can be sent to the workers of a cluster."""

    source: Source
    manifest: Manifest
    objects: ObjectStore
    suppressed: Suppressed = field(default_factory=Suppressed)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The batch's objects, whole, in order."""
        held = self.manifest
        return tuple(Piece(number, f"{held.source}/{held.batch}/{landed.object}") for number, landed in enumerate(held.objects))

    @property
    def bronze(self) -> TableSpec:
        return bronze_spec(self.source)

    @property
    def quarantine(self) -> TableSpec:
        return quarantine_spec(self.source)


class Sorted(Protocol):
    """A sorted batch; its records are gone when the context ends."""

    @property
    def tallies(self) -> Mapping[int, Tally]:
        """What became of each object, by its number."""

    @property
    def repeated(self) -> Mapping[int, int]:
        """How many repeated records each object has; no entry where there is none."""

    @property
    def withheld(self) -> Mapping[int, Sequence[int]]:
        """Numbers of the records of persons who were erased, by object; no entry where there is none."""

    def restate(self) -> Restated:
        """For a snapshot: write what differs from bronze to the restatement ledger."""

    def write_accepted(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        """Accepted records as data files of bronze; columns that the contract does not have are NULL."""

    def write_refused(self, shape: TableSpec, folder: str) -> Sequence[Written]:
        """Refused records as data files of quarantine."""


class Sorting(Protocol):
    """One way to sort batches."""

    def sort(self, batch: Batch, tables: Tables, advance: Callable[[int], None]) -> AbstractContextManager[Sorted]:
        """Sort a batch; `advance` hears how many bytes were read."""
