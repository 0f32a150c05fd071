"""What sorting found of each object of a batch: counts, reasons, and why an object is refused whole.

Made by `embedded.py` and by the workers of `spark/`; `batch.py` makes the reports of it. Parts of one object add up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.land.report import Fault
    from jobs.land.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Tally:
    """One object. `sound` records are those that the contract accepts, repeated ones included; `reasons` by reason and field."""

    received: int = 0
    sound: int = 0
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def refused(self) -> int:
        return sum(self.reasons.values())


def tallies(bench: Workbench, numbers: Iterable[int], faults: Mapping[int, Fault]) -> dict[int, Tally]:
    """The tally of each object, from the tables of a workbench; reasons the commonest first."""
    sound = dict(bench.engine.rows(f"SELECT _number, count(*) FROM {bench.sound} GROUP BY ALL"))
    reasons: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    counted = f"SELECT object, reason, field, count(*) AS times FROM {bench.refused} GROUP BY ALL"
    for number, reason, name, times in bench.engine.rows(counted):
        reasons[number][reason, name or ""] = times
    received = bench.heard.records
    return {
        number: Tally(fault=faults[number])
        if number in faults
        else Tally(received.get(number, 0), sound.get(number, 0), commonest_first(reasons[number]))
        for number in numbers
    }


def together(parts: Iterable[Tally]) -> Tally:
    """The tally of an object that was read in parts; the first part that could not be read decides."""
    received = sound = 0
    reasons: Counter[tuple[str, str]] = Counter()
    for part in parts:
        if part.fault is not None:
            return Tally(fault=part.fault)
        received, sound = received + part.received, sound + part.sound
        reasons.update(part.reasons)
    return Tally(received, sound, commonest_first(reasons))


def commonest_first(reasons: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The same counts in an order that depends on nothing else."""
    return dict(sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])))
