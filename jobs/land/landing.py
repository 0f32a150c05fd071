"""`land`: files of one source are received and brought into the lake; the one way into `bronze`.

Used by `ringi land`, the demo and the notebook. The order: batches that an earlier call left unfinished; then the files given,
kept as received before anything is parsed; then sorting and commit. Killed anywhere, the next call ends up with the same lake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from jobs.land.batch import BatchWork
from jobs.land.manifest import contract_digest
from jobs.land.report import FileReport, LandReport
from jobs.land.store import Landing
from jobs.land.suppression import Suppressed, suppressed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from jobs.engines.duckdb import DuckDb
    from jobs.land.manifest import Manifest
    from jobs.land.sorting import Sorting
    from jobs.land.store import Arrival
    from jobs.object_store import ObjectStore
    from jobs.table import Tables
    from metrics_catalog.source import Source

Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""Told a label and a number of bytes; gives a function to call with how many more are done."""


@dataclass(frozen=True, slots=True)
class LandingLake:
    """The parts of a lake that landing works with."""

    tables: Tables
    objects: ObjectStore
    sorting: Sorting

    @staticmethod
    def embedded(tables: Tables, objects: ObjectStore, engine: DuckDb) -> LandingLake:
        """A lake in which this process sorts, with DuckDB."""
        from jobs.land.embedded import EmbeddedSorting

        return LandingLake(tables, objects, EmbeddedSorting(engine))


@contextmanager
def silent(_label: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    """The progress of a caller that shows none."""
    yield lambda _: None


def land(
    source: Source,
    locations: Sequence[str],
    lake: LandingLake,
    *,
    now: dt.datetime,
    progress: Progress = silent,
    marks: Mapping[str, str] | None = None,
) -> LandReport:
    """Land files of one source, in the order given; `locations` are paths, `now` is the time of receipt.

    `marks` go into the summaries of the snapshots that this call commits, such as the micro-batch of a stream.
    The caller holds the lake's lock. A file that is not what the contract says is refused whole and the rest goes on. Raises
    InfraError or EngineError where the outside world fails: nothing half-done is visible, and the next call goes on.
    """
    return _Call(source, lake, now, progress, marks or {}).run(locations)


class _Call:
    """One call of `land`; `_done` holds the reports of the batches that it brought in."""

    def __init__(self, source: Source, lake: LandingLake, now: dt.datetime, progress: Progress, marks: Mapping[str, str]) -> None:
        self._source, self._lake, self._now, self._progress, self._marks = source, lake, now, progress, marks
        self._landing = Landing(lake.objects, source)
        self._done: dict[str, tuple[FileReport, ...]] = {}
        self._told: set[tuple[str, int]] = set()
        self._read: dict[str, Manifest] = {}

    def run(self, locations: Sequence[str]) -> LandReport:
        for manifest in self._landing.unfinished():
            self._bring_in(manifest)
        earlier = set(self._done)
        files = [report for part in self._parts(locations) for report in self._received(part)]
        told = {(report.batch, report.object) for report in files}
        finished = [report for batch in sorted(earlier) for report in self._done[batch] if (batch, report.object) not in told]
        return LandReport(self._source.source, tuple(files), tuple(finished))

    def _parts(self, locations: Sequence[str]) -> list[Sequence[str]]:
        """Files that make one batch: all of them, or each by itself where a file restates the whole."""
        return [[location] for location in locations] if self._source.delivery == "snapshot" else [locations]

    def _received(self, locations: Sequence[str]) -> list[FileReport]:
        with self._progress("receiving", None) as advance:
            arrivals = self._landing.receive(locations, self._now, advance)
        return [self._report(arrival) for arrival in arrivals]

    def _report(self, arrival: Arrival) -> FileReport:
        """What became of a file: now, or when the same bytes came before."""
        manifest = self._manifest(arrival.batch)
        if arrival.batch not in self._done and not manifest.done:
            self._bring_in(manifest)
        elif arrival.batch not in self._done and self._deserves_another_chance(manifest, arrival.sha256):
            manifest = self._manifest(self._landing.again(manifest, arrival.sha256, self._now))
            self._bring_in(manifest)
        reports = self._done.get(manifest.batch) or tuple(landed.report for landed in manifest.objects if landed.report is not None)
        number = next(i for i, landed in enumerate(manifest.objects) if landed.is_of(arrival.sha256))
        place = (manifest.batch, number)
        again = manifest.batch not in self._done or place in self._told  # given twice in one call, it is landed once
        self._told.add(place)
        return replace(reports[number], name=arrival.name, again=again)

    def _deserves_another_chance(self, manifest: Manifest, sha256: str) -> bool:
        """A file refused whole is judged again when the contract has changed."""
        report = next(landed.report for landed in manifest.objects if landed.is_of(sha256))
        return report is not None and report.refused_whole and manifest.contract != contract_digest(self._source)

    def _bring_in(self, manifest: Manifest) -> None:
        size = sum(landed.size for landed in manifest.objects)
        with self._progress("sorting records", size) as advance:
            work = BatchWork(manifest, self._landing, self._lake.tables, self._lake.sorting, self._marks, self._suppressed)
            self._done[manifest.batch] = work.bring_in(advance)

    @cached_property
    def _suppressed(self) -> Suppressed:
        return suppressed(self._lake.objects, self._source)

    def _manifest(self, batch: str) -> Manifest:
        """The manifest of a batch, as it was when this call first saw it."""
        manifest = self._read.get(batch) or self._landing.manifest(batch)
        if manifest is None:
            raise LookupError(f"batch {batch} has no manifest")
        self._read[batch] = manifest
        return manifest
