"""Shares the checking of many keys between the cores of the machine; a few are checked in this process.

A signature takes a tenth of a millisecond, so that 24,000 keys would keep one core busy for seconds. Forked processes have the
records already, and send back plain values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.keys.meaning_store import MeaningStore
from governance.verification.verified import Verdict, verdict
from metrics_catalog.collection import rare_collection
from metrics_catalog.forked import forked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from metrics_catalog.records import Records

WORTH_SHARING = 2_000
"""Metrics; for fewer the other processes would not have begun before all is done."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Digests of meanings that were found sound, and of the files that they need."""

    sound: frozenset[str]
    files: frozenset[str]


def verdicts(records: Records, names: Sequence[str], now: datetime, *, worth_sharing: int = WORTH_SHARING) -> tuple[list[Verdict], Needs]:
    """What the approvals of each metric are worth, in the order of the names, and which files they need."""

    def judged(names: Sequence[str]) -> tuple[list[Verdict], Needs]:
        return _judged(records, names, now)

    done = forked(judged, names) if len(names) >= worth_sharing else None
    if done is None:
        return judged(names)
    sound, files = (frozenset().union(*(getattr(needs, name) for _, needs in done)) for name in ("sound", "files"))
    return [each for found, _ in done for each in found], Needs(sound, files)


def _judged(records: Records, names: Sequence[str], now: datetime) -> tuple[list[Verdict], Needs]:
    store = MeaningStore(records.catalog.root)
    with rare_collection():
        found = [verdict(records, store, name, now) for name in names]
    return found, Needs(frozenset(store.read()), frozenset(store.needed()))
