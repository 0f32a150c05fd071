"""How a table's rows are laid out in files, and what compaction makes of them. Read by `simulation.py`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from jobs.scale.measured import BYTES_AN_EVENT, ENTRY_BYTES, RAW_BYTES

MIB = 2**20
MERGED_MANIFEST_BYTES = 8 * MIB
COMMIT_BYTES = 1024 * MIB
"""Compaction rewrites about so much in one commit, as `[maintenance] commit_mb` says."""


class Partition(StrEnum):
    """How bronze is cut."""

    DAY = "day"
    HOUR = "hour"
    COUNTRY = "country"
    """Day and country."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The knobs of a table, first as the code sets them.

    A batch comes every `minutes`; where its rows are `gathered` by partition they are written in as few files of `write_mib` as hold
    them, else each of the `writers` writes a file of its own in every partition. Compaction looks every so many minutes (0: never) for
    partitions with at least `compact_from` files below `small_mib` and packs them up to `target_mib`; more than `merge_manifests` (0: never)
    manifests are merged then. Raw files come in objects of `object_mib`, each with a report in the snapshot's summary. Snapshots are kept for `keep_hours`. With `late_minutes` events more than an hour late wait and come in
    together every so many minutes (0: each batch brings its own). Where listing is `pruned` it opens the manifests of touched partitions alone.
    """

    partition: Partition = Partition.DAY
    minutes: int = 5
    writers: int = 64
    gathered: bool = True
    write_mib: int = 64
    target_mib: int = 128
    small_mib: int = 32
    object_mib: int = 64
    compact_minutes: int = 1440
    compact_from: int = 5
    merge_manifests: int = 50
    keep_hours: int = 24 * 7
    late_minutes: int = 0
    pruned: bool = True

    @property
    def written(self) -> int:
        """Events of a file that a batch writes, at most."""
        return max(1, self.write_mib * MIB // BYTES_AN_EVENT)

    @property
    def packed(self) -> int:
        """Events of a file that compaction writes, at most."""
        return max(1, self.target_mib * MIB // BYTES_AN_EVENT)

    @property
    def most(self) -> int:
        """Events of any file, at most."""
        return max(self.written, self.packed)

    def objects(self, events: int) -> int:
        """Raw objects that so many events come in."""
        return -(-events * RAW_BYTES // (self.object_mib * MIB))

    def files(self, events: int) -> int:
        """Files that a batch writes for so many events of one partition."""
        least = -(-events // self.written)
        return least if self.gathered else max(least, min(self.writers, events))


@dataclass(frozen=True, slots=True)
class Files:
    """Files of one commit in one partition, of even size, and the manifest that lists them."""

    count: int
    events: int
    manifest: int

    @property
    def largest(self) -> int:
        """Events of the largest."""
        return -(-self.events // self.count)


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compaction did: events rewritten, files written, commits that it took."""

    events: int = 0
    files: int = 0
    commits: int = 0


@dataclass(slots=True)
class Table:
    """The present files of a table by partition, and how many live entries each of its manifests has."""

    layout: Layout
    partitions: dict[int, list[Files]] = field(default_factory=dict)
    manifests: Counter[int] = field(default_factory=Counter)
    totals: Counter[int] = field(default_factory=Counter)
    """Events by partition."""
    _changed: set[int] = field(default_factory=set)
    """Partitions with new files since compaction last looked."""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def files(self) -> int:
        return self.manifests.total()

    @property
    def events(self) -> int:
        return self.totals.total()

    def append(self, rows: dict[int, int]) -> int:
        """Commit a batch, events by partition; gives how many files it wrote. They share one new manifest."""
        manifest = next(self._numbers)
        for partition, events in rows.items():
            self._add(partition, Files(self.layout.files(events), events, manifest))
            self.totals[partition] += events
        self._changed |= rows.keys()
        return self.manifests[manifest]

    def small(self, partition: int) -> list[Files]:
        """Files that compaction would rewrite if there were enough of them."""
        limit = self.layout.small_mib * MIB // BYTES_AN_EVENT
        return [each for each in self.partitions[partition] if each.largest < limit]

    def listed(self, partitions: set[int]) -> tuple[int, int]:
        """Files and manifests that are read to list these partitions where manifests say which partitions they hold."""
        held = [each for place in partitions for each in self.partitions.get(place, ())]
        manifests = {each.manifest for each in held}
        return sum(self.manifests[each] for each in manifests), len(manifests)

    def compact(self) -> Compacted:
        """Rewrite small files where a partition has enough of them. A commit takes one packed file a partition, and so much in all."""
        manifest = next(self._numbers)
        packed = {place: self._pack(place, manifest) for place in sorted(self._changed)}
        self._changed = set()
        self.manifests = Counter({number: entries for number, entries in self.manifests.items() if entries})
        events, files = sum(each.events for each in packed.values()), sum(each.count for each in packed.values())
        if not files:
            return Compacted()
        self._merge()
        by_size = -(-events * BYTES_AN_EVENT // COMMIT_BYTES)
        return Compacted(events, files, max(by_size, max(each.count for each in packed.values())))

    def _pack(self, place: int, manifest: int) -> Files:
        """Pack the small files of a partition; none where there are too few, or it would not make them fewer."""
        small = self.small(place)
        before, events = sum(each.count for each in small), sum(each.events for each in small)
        after = -(-events // self.layout.packed)
        if before < self.layout.compact_from or after >= before:
            return Files(0, 0, manifest)
        leaving = set(map(id, small))
        self.partitions[place] = [each for each in self.partitions[place] if id(each) not in leaving]
        for each in small:
            self.manifests[each.manifest] -= each.count
        made = Files(after, events, manifest)
        self._add(place, made)
        return made

    def _add(self, partition: int, files: Files) -> None:
        self.partitions.setdefault(partition, []).append(files)
        self.manifests[files.manifest] += files.count

    def _merge(self) -> None:
        """Where there are too many manifests their entries move, partition by partition, into as few as hold them."""
        if not self.layout.merge_manifests or len(self.manifests) <= self.layout.merge_manifests:
            return
        self.manifests = Counter()
        number = next(self._numbers)
        for place in sorted(self.partitions):
            held, self.partitions[place] = self.partitions[place], []
            for files in held:
                if self.manifests[number] and (self.manifests[number] + files.count) * ENTRY_BYTES > MERGED_MANIFEST_BYTES:
                    number = next(self._numbers)
                self._add(place, Files(files.count, files.events, number))
