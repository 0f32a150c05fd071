"""Runs the model: batches arrive, are committed, compacted and expired; at the end of each day the state is noted.

Read by `report.py` and `work.py`. What one batch does follows the landing of this project: it looks for repeats in every partition
that it touches, lists the table's files, writes, and adds one snapshot with one manifest.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from jobs.scale import measured
from jobs.scale.demand import HOURS, MINUTES, Arrivals, Demand, split
from jobs.scale.layout import Layout, Partition, Table


@dataclass(frozen=True, slots=True)
class Day:
    """The state of bronze at the end of a day, and what that day took.

    `pending` late events wait; `fullest_files` are those of the partition with most; `touched` are partitions a commit of new events, on
    the mean; `looked_through` events of bronze read to find repeats; `rewritten` events that compaction read and wrote;
    `metadata_written` bytes of metadata files, manifest lists and manifests; `listed` files and manifests that the last batch had to read.
    """

    day: int
    events: int
    pending: int
    files: int
    small_files: int
    bytes: int
    fullest_files: int
    manifests: int
    snapshots: int
    commits: int
    touched: float
    looked_through: int
    rewritten: int
    files_written: int
    metadata_bytes: int
    metadata_written: int
    listed: tuple[int, int]

    @property
    def listing_ms(self) -> float:
        """Milliseconds in which one batch lists what it needs, with metadata on a local disk."""
        return self.listed[0] * measured.LIST_ENTRY_US / 1000 + self.listed[1] * measured.LIST_MANIFEST_MS

    @property
    def listing_memory(self) -> int:
        """Bytes of the driver's memory that such a list takes."""
        return self.listed[0] * measured.ENTRY_MEMORY

    @property
    def commit_ms(self) -> float:
        """Milliseconds of a commit behind that many snapshots, with metadata on a local disk."""
        return measured.COMMIT_MS + self.snapshots * measured.COMMIT_SNAPSHOT_MS


@dataclass(slots=True)
class _Tally:
    """What the present day took so far."""

    commits: int = 0
    appends: int = 0
    touched: int = 0
    looked_through: int = 0
    rewritten: int = 0
    files_written: int = 0
    metadata_written: int = 0


@dataclass(slots=True)
class _State:
    demand: Demand
    layout: Layout
    table: Table
    snapshots: deque[tuple[int, int]] = field(default_factory=deque)
    """Minute at which each kept snapshot was made, and its bytes in the metadata file."""
    metadata_bytes: int = measured.SHAPE_BYTES
    waiting: Counter[int] = field(default_factory=Counter)
    """Late events that wait, by partition."""
    tally: _Tally = field(default_factory=_Tally)
    last: set[int] = field(default_factory=set)
    """Partitions that the last commit of new events touched."""


def simulate(demand: Demand, layout: Layout, days: int) -> Iterator[Day]:
    """The days one after another, from an empty table."""
    state = _State(demand, layout, Table(layout))
    a_day = MINUTES // layout.minutes
    for number, batch in enumerate(demand.batches(days, layout.minutes), 1):
        minute = number * layout.minutes
        _land(state, batch, minute)
        if layout.compact_minutes and minute % layout.compact_minutes == 0:
            _compact(state, minute)
        if number % a_day == 0:
            yield _closed(state, number // a_day)


def _land(state: _State, batch: Arrivals, minute: int) -> None:
    """One batch, and what waited where its time has come."""
    layout = state.layout
    if not layout.late_minutes:
        _append(state, _by_partition(state, batch), minute)
        return
    on_time, *late = batch.by_hours_late
    state.waiting.update(_by_partition(state, Arrivals(batch.hour, (0, *late))))
    _append(state, _by_partition(state, Arrivals(batch.hour, (on_time,))), minute)
    if minute % layout.late_minutes == 0:
        held, state.waiting = dict(state.waiting), Counter()
        _append(state, held, minute)


def _compact(state: _State, minute: int) -> None:
    """Its commits follow each other at the same minute; each has an even part of the files."""
    done = state.table.compact()
    state.tally.rewritten += done.events
    for number in range(done.commits):
        _commit(state, minute, done.files * (number + 1) // done.commits - done.files * number // done.commits)


def _append(state: _State, rows: dict[int, int], minute: int) -> None:
    if not rows:
        return
    state.tally.looked_through += sum(state.table.totals[place] for place in rows)
    state.tally.touched += len(rows)
    state.tally.appends += 1
    state.last = set(rows)
    _commit(state, minute, state.table.append(rows), state.layout.objects(sum(rows.values())))


def _commit(state: _State, minute: int, files: int, objects: int = 0) -> None:
    """One more snapshot, which tells of so many landed objects; old ones leave."""
    oldest = minute - state.layout.keep_hours * 60
    while state.snapshots and state.snapshots[0][0] <= oldest:
        state.metadata_bytes -= state.snapshots.popleft()[1]
    size = measured.SNAPSHOT_BYTES + objects * measured.REPORT_BYTES
    state.snapshots.append((minute, size))
    state.metadata_bytes += size
    state.tally.commits += 1
    state.tally.files_written += files
    state.tally.metadata_written += (
        state.metadata_bytes + len(state.table.manifests) * measured.LIST_BYTES + measured.MANIFEST_BYTES + files * measured.ENTRY_BYTES
    )


def _by_partition(state: _State, batch: Arrivals) -> dict[int, int]:
    """Events of a batch by partition: the number of its hour or day, or of its day with the country's place behind it."""
    partition, shares = state.layout.partition, state.demand.shares
    found: Counter[int] = Counter()
    for late, events in enumerate(batch.by_hours_late):
        hour = batch.hour - late
        found[hour if partition is Partition.HOUR else hour // HOURS] += events
    if partition is Partition.COUNTRY:
        found = Counter({day * 1000 + place: part for day, all_ in found.items() for place, part in enumerate(split(all_, shares))})
    return {place: events for place, events in found.items() if events}


def _closed(state: _State, day: int) -> Day:
    """The day's line; the next day's tally begins."""
    table, tally = state.table, state.tally
    state.tally = _Tally()
    by_partition = [sum(each.count for each in files) for files in table.partitions.values()]
    return Day(
        day=day,
        events=table.events,
        pending=state.waiting.total(),
        files=table.files,
        small_files=sum(each.count for place in table.partitions for each in table.small(place)),
        bytes=table.events * measured.BYTES_AN_EVENT,
        fullest_files=max(by_partition, default=0),
        manifests=len(table.manifests),
        snapshots=len(state.snapshots),
        commits=tally.commits,
        touched=tally.touched / max(tally.appends, 1),
        looked_through=tally.looked_through,
        rewritten=tally.rewritten,
        files_written=tally.files_written,
        metadata_bytes=state.metadata_bytes,
        metadata_written=tally.metadata_written,
        listed=table.listed(state.last) if state.layout.pruned else (table.files, len(table.manifests)),
    )
