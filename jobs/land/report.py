"""What landing did with each file, as values: counts, reasons, and for a file refused whole the fault and what to do.

Made by `batch.py` and `landing.py`; kept in the manifest of a batch; printed by the command line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a file."""

    LANDED = "landed"
    """Every record was accepted, repeated or quarantined."""
    REFUSED = "refused"
    """The file is not what the contract says: its bytes are kept, none of its records entered the lake."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file is refused whole: a finding's code, one sentence, and what to do."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Records of a file; `accepted + repeated + refused + erased = received`, always.

    `erased` were accepted, repeated or refused once, and belonged to a person who was erased since.
    """

    received: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    erased: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.received + other.received,
            self.accepted + other.accepted,
            self.repeated + other.repeated,
            self.refused + other.refused,
            self.erased + other.erased,
        )

    @property
    def lawful(self) -> bool:
        return self.accepted + self.repeated + self.refused + self.erased == self.received


@dataclass(frozen=True, slots=True)
class Restated:
    """Rows of a snapshot source that differ from the snapshot before, by key; each is a line in the ledger."""

    changed: int = 0
    vanished: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. `reasons` counts quarantined records by reason and field; `again`: it had been landed before, nothing changed."""

    name: str
    batch: str
    object: str
    verdict: Verdict
    counts: Counts = Counts()
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fault: Fault | None = None
    restated: Restated | None = None
    again: bool = False

    @property
    def refused_whole(self) -> bool:
        return self.verdict is Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class LandReport:
    """One call of `land`: its files in the order given, and unfinished batches of an earlier call that were finished first."""

    source: str
    files: tuple[FileReport, ...]
    finished: tuple[FileReport, ...] = ()

    @property
    def counts(self) -> Counts:
        """Records of the files that were new in this call."""
        return sum((file.counts for file in self.files if not file.again), Counts())

    @property
    def reasons(self) -> Mapping[tuple[str, str], int]:
        total: Counter[tuple[str, str]] = Counter()
        for file in self.files:
            if not file.again:
                total.update(file.reasons)
        return dict(total.most_common())

    @property
    def refused_whole(self) -> tuple[FileReport, ...]:
        """Files refused whole, in this call or, landed again under the same contract, in an earlier one."""
        return tuple(file for file in self.files if file.refused_whole)
