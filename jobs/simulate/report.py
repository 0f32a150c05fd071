"""What a simulation made: its files in the order in which they were received, and how many faults it put into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SimulatedFile:
    """One file to land. `records` are data records, without a header; `fault` says why the whole file will be refused."""

    path: Path
    source: str
    records: int
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """Counts of records of `viewing_events`: `records` = `events` + `repeated`; the last four count among `events`."""

    files: tuple[SimulatedFile, ...]
    records: int
    events: int
    repeated: int
    late: int
    broken: int
    without_country: int
    of_unknown_titles: int
    countries: tuple[str, ...]

    def of(self, source: str) -> tuple[Path, ...]:
        """Files of one source, in the order in which they were received."""
        return tuple(file.path for file in self.files if file.source == source)
