"""What verification found of one metric, as plain values that travel between processes: keys, certificates, findings.

Made by `verdict` from what the judge says of a metric's approvals; gathered by `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from governance.gate.judged import judge
from governance.keys.refusal import utc
from metrics_catalog.lifecycle import is_retired

if TYPE_CHECKING:
    from datetime import datetime

    from governance.gate.judged import Judged
    from governance.gate.replay import Certificate
    from governance.keys.meaning_store import MeaningStore
    from governance.keys.turned_key import TurnedKey
    from metrics_catalog.approval import Method
    from metrics_catalog.finding import Finding
    from metrics_catalog.person import Side
    from metrics_catalog.records import Records


class Stand(StrEnum):
    """Where a metric stands by its records."""

    PUBLISHED = "published"
    """Two keys by two people hold over the newest certified meaning: that is what analysts may read."""
    RETIRED = "retired"
    """Both sides agreed to end it, and that day has come."""
    WITHDRAWN = "withdrawn"
    """Its file is gone."""
    UNCERTIFIED = "not certified"
    """Approvals are there, but no two of them make a certificate."""


@dataclass(frozen=True, slots=True)
class VerifiedKey:
    """One key that counts: who turned it when, by which method with which credential, over the meaning of which digest."""

    side: Side
    person: str
    at: datetime
    method: Method
    credential: str
    meaning: str


@dataclass(frozen=True, slots=True)
class VerifiedCertificate:
    """Two keys by two people over one meaning. `columns` are published under its digest: the metric, and the parts of a ratio."""

    metric: str
    meaning: str
    columns: tuple[str, ...]
    certified_at: datetime
    tech: VerifiedKey
    business: VerifiedKey
    hearing: str
    rows: tuple[str, ...]
    """Digests of the dimension rows that it is computed from."""


@dataclass(frozen=True, slots=True)
class VerifiedMetric:
    """One metric that has approvals, with all its certificates, oldest first; the last is the one that counts."""

    metric: str
    stand: Stand
    certificates: tuple[VerifiedCertificate, ...]

    @property
    def certificate(self) -> VerifiedCertificate | None:
        return self.certificates[-1] if self.certificates else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found of one metric. `void` holds digest and reason of each approval that does not count."""

    metric: VerifiedMetric
    findings: tuple[Finding, ...]
    keys: int
    void: tuple[tuple[str, str], ...]


def verdict(records: Records, store: MeaningStore, metric: str, now: datetime) -> Verdict:
    """What the approvals of one metric are worth at the instant `now`."""
    judged = judge(records.catalog, store, metric, now)
    approvals = records.catalog.approvals.get(metric, ())
    certificates = tuple(_certificate(each) for each in judged.standing.certificates)
    return Verdict(
        VerifiedMetric(metric, _stand(judged, records, now), certificates),
        judged.findings(records.catalog),
        len(approvals) - len(judged.refused),
        tuple((approvals[position].meaning, refusal.message) for position, refusal in judged.refused),
    )


def _stand(judged: Judged, records: Records, now: datetime) -> Stand:
    certificate = judged.standing.certificate
    if judged.metric not in records.metrics:
        return Stand.WITHDRAWN
    if certificate is None:
        return Stand.UNCERTIFIED
    return Stand.RETIRED if is_retired(certificate.meaning.business, utc(now).date()) else Stand.PUBLISHED


def _certificate(certificate: Certificate) -> VerifiedCertificate:
    meaning = certificate.meaning
    parts = (part for part in (meaning.logic.numerator, meaning.logic.denominator) if part is not None)
    dimensions = (dimension for logic in meaning.logic.measured() for dimension in logic.dimensions.values() if dimension is not None)
    rows = sorted({dimension.rows_digest for dimension in dimensions if dimension.rows_digest is not None})
    return VerifiedCertificate(
        metric=meaning.metric,
        meaning=meaning.digest,
        columns=(meaning.metric, *parts),
        certified_at=certificate.certified_at,
        tech=_key(certificate.tech),
        business=_key(certificate.business),
        hearing=str(meaning.business.get("hearing")),
        rows=tuple(rows),
    )


def _key(key: TurnedKey) -> VerifiedKey:
    given = key.approval
    return VerifiedKey(given.side, given.person, given.approved_at, given.method, key.key.name, given.meaning)
