"""Chunks: the periods of a run cut into pieces, each with no more events than fit the engine's memory well.

Made from what bronze files say about themselves (rows and bounds by file), so nothing is read. Days without any file fall out:
one event with a clock of 1970 does not make fifty years of empty days. Used by `facts.py`, one statement a chunk.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.compile import Periods, next_start, start_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobs.facts.cells import Pair
    from jobs.table import DataFile
    from metrics_catalog.view import TimeGrain

FURTHEST_CLOCK = dt.timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Span:
    """A bronze file of a table: the local days on which its events may have occurred, first and last."""

    table: str
    file: DataFile
    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Chunk:
    """Periods to compute in one statement, and the paths of the files that it reads, by table."""

    periods: Periods
    files: Mapping[str, tuple[str, ...]]


def reach(clocks: Iterable[Mapping[str, str]]) -> dt.timedelta:
    """How far any of the clocks may be from UTC; no clock ever was further than the bound that is used."""
    zones = {zone for clock in clocks for zone in clock.values()}
    return dt.timedelta(0) if zones <= {"UTC", "Etc/UTC"} else FURTHEST_CLOCK


def span_of(table: str, file: DataFile, time: str, reach: dt.timedelta) -> Span | None:
    """Where a file's events can lie on local calendars; None where its bounds are unknown. A date is the same everywhere."""
    least, greatest = file.bounds.get(time, (None, None))
    if isinstance(least, dt.datetime) and isinstance(greatest, dt.datetime):
        return Span(table, file, (least - reach).astimezone(dt.UTC).date(), (greatest + reach).astimezone(dt.UTC).date())
    if isinstance(least, dt.date) and isinstance(greatest, dt.date):
        return Span(table, file, least, greatest)
    return None


def chunks(spans: Sequence[Span], grain: TimeGrain, most: int | None, pairs: frozenset[Pair] | None = None) -> Iterator[Chunk]:
    """All periods in which the files may have events, or those of the pairs, in order and without gaps inside a chunk.

    A chunk has no more than `most` events if its periods can be cut at all; None does not cut.
    """
    wanted = None if pairs is None else {period for _, period in pairs}
    rows = _rows_by_period(spans, grain, wanted)
    for group in _groups(sorted(rows), rows, grain, most):
        first, end = group[0], next_start(grain, group[-1])
        cells = None if pairs is None else frozenset(pair for pair in pairs if first <= pair[1] < end)
        yield Chunk(Periods(grain, first, end, cells), _files(spans, first, end))


def _rows_by_period(spans: Iterable[Span], grain: TimeGrain, wanted: set[dt.date] | None) -> dict[dt.date, int]:
    """Rows that each period may have at most; a file counts in full for the period of its middle day."""
    rows: dict[dt.date, int] = {}
    for span in spans:
        middle = start_of(grain, span.first + (span.last - span.first) // 2)
        period = start_of(grain, span.first)
        while period <= span.last:
            if wanted is None or period in wanted:
                rows[period] = rows.get(period, 0) + (span.file.rows if period == middle else 0)
            period = next_start(grain, period)
    return rows


def _groups(periods: Sequence[dt.date], rows: Mapping[dt.date, int], grain: TimeGrain, most: int | None) -> Iterator[list[dt.date]]:
    """Runs of periods that follow each other, cut where they hold too many rows."""
    group: list[dt.date] = []
    held = 0
    for period in periods:
        full = most is not None and held + rows[period] > most
        if group and (full or next_start(grain, group[-1]) != period):
            yield group
            group, held = [], 0
        group.append(period)
        held += rows[period]
    if group:
        yield group


def _files(spans: Iterable[Span], first: dt.date, end: dt.date) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for span in spans:
        if span.first < end and first <= span.last:
            found.setdefault(span.table, []).append(span.file.path)
    return {table: tuple(paths) for table, paths in found.items()}
