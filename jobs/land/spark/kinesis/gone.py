"""Whether records may have been deleted before they were read; if so, the stream stops and says so.

A record that is still there proves that nothing after it was deleted. Where the last record that was read is gone, time decides: what
came later than a shard was last seen is kept as long as the stream keeps records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import JobError
from jobs.land.spark.kinesis.port import About
from jobs.land.spark.kinesis.ranges import Part, Place, Range, begin_anew
from metrics_catalog.errors import ExitCode

CLOCKS = dt.timedelta(minutes=5)
"""How far this machine's clock may be from Kinesis's."""

LOOKS = 8
"""A place is written down anew when this part of the time that records are kept has passed."""


class RecordsGoneError(JobError):
    """Records of a stream were, or may have been, deleted before they were landed; nothing is landed until a person says how to go on."""

    exit_code = ExitCode.OUTSIDE


@dataclass(frozen=True, slots=True)
class Gone:
    """One look's judgement; `folder` is where the ranges are, for the remedy."""

    stream: str
    about: About
    folder: Path
    now: Callable[[], dt.datetime]

    def unless_fresh(self, shard: str, place: Place) -> None:
        """Raises RecordsGoneError where a shard whose last record is gone was not seen for longer than records are kept."""
        if place.seen + self.about.kept - CLOCKS < self.now():
            said = (
                f"Records of `{shard}` of the Kinesis stream `{self.stream}` may have been deleted before they were landed: "
                f"it was read up to {place.seen:%Y-%m-%d %H:%M} UTC, and the stream keeps records for {_hours(self.about.kept)}."
            )
            raise RecordsGoneError(said, hint=self._remedy)

    def other_stream(self, before: Range) -> None:
        """Raises RecordsGoneError where the stream was deleted and made anew since the last look."""
        if before.made != self.about.made:
            said = f"The Kinesis stream `{self.stream}` is another one than before: it was made at {self.about.made}, not {before.made}."
            raise RecordsGoneError(said, hint=self._remedy)

    def same_records(self, part: Part, again: bool) -> None:
        """Raises RecordsGoneError where a part that was fixed can no longer be read as it was."""
        if not again:
            said = (
                f"{part.records} records of `{part.shard}` of the Kinesis stream `{self.stream}`, from {part.first} to {part.last}, "
                "were deleted after they were read and before they were landed."
            )
            raise RecordsGoneError(said, hint=self._remedy)

    def due(self, before: Range) -> bool:
        """Whether the places should be written down though nothing came."""
        return any(place.seen + self.about.kept / LOOKS < self.now() for place in before.places.values() if not place.closed)

    @property
    def _remedy(self) -> str:
        return f"let the stream keep records for longer; to go on now, {begin_anew(self.folder)}"


def _hours(kept: dt.timedelta) -> str:
    return f"{kept.total_seconds() / 3600:.0f} hours"
