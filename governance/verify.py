"""Verification: who turned which key over which meaning when, from the records alone, and every approval that does not count.

Made by `verify` from the records of a lake project (people, hearings, approvals) with the judge that the gate asks too, so
that nothing is published that verification would not confirm. Printed by `ringi verify`; needs no lake and no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from governance.judged import Judged, judge
from governance.meaning_store import FOLDER, DamagedMeaningError, MeaningStore, MissingMeaningError
from governance.refusal import utc
from governance.verify_files import strays
from metrics_catalog.collection import rare_collection
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Place, did_you_mean
from metrics_catalog.lifecycle import is_retired
from metrics_catalog.project_files import BOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from governance.replay import Certificate
    from governance.turned_key import TurnedKey
    from metrics_catalog.catalog import Catalog
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
class VerifiedMetric:
    """One metric that has approvals, with all its certificates, oldest first; the last is the one that counts."""

    metric: str
    stand: Stand
    certificates: tuple[Certificate, ...]
    held: tuple[TurnedKey, ...]
    """Keys that hold for what they cover, also those without a counterpart."""

    @property
    def certificate(self) -> Certificate | None:
        return self.certificates[-1] if self.certificates else None


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer for a whole project, or for the metrics that were asked for, at one instant."""

    at: datetime
    metrics: tuple[VerifiedMetric, ...]
    findings: tuple[Finding, ...]
    keys: int
    """Approval files that count."""
    void: dict[str, tuple[str, ...]]
    """For each digest that approvals without worth name: the reasons, as sentences."""

    @property
    def published(self) -> int:
        return sum(each.stand is Stand.PUBLISHED for each in self.metrics)


def verify(records: Records, now: datetime, metrics: Iterable[str] | None = None) -> Verification:
    """Check every key of the metrics that have approvals, or of some, as at `now`; raises UsageError for an unknown metric."""
    catalog = records.catalog
    wanted = None if metrics is None else {_known(records, name) for name in metrics}
    store = MeaningStore(catalog.root)
    with rare_collection():
        names = sorted(catalog.approvals if wanted is None else wanted)
        judged = [judge(catalog, store, name, now) for name in names]
    verified = tuple(_verified(each, records, now) for each in judged if each.metric in catalog.approvals)
    findings = {finding for each in judged for finding in each.findings(catalog)}
    findings |= {*_of_records(records, wanted, verified), *_unfit_rows(store, verified)}
    if wanted is None:
        findings |= set(strays(catalog, store))
    keys = sum(len(catalog.approvals.get(each.metric, ())) - len(each.refused) for each in judged)
    return Verification(now, verified, tuple(sorted(findings, key=Finding.sort_key)), keys, _void(catalog, judged))


def _known(records: Records, name: str) -> str:
    known = records.metrics | records.catalog.approvals.keys()
    if name in known:
        return name
    raise UsageError(f"There is no metric `{name}`.", hint=did_you_mean(name, known) or "`ringi status` lists all metrics.")


def _verified(judged: Judged, records: Records, now: datetime) -> VerifiedMetric:
    standing = judged.standing
    return VerifiedMetric(judged.metric, _stand(judged, records, now), standing.certificates, standing.held)


def _stand(judged: Judged, records: Records, now: datetime) -> Stand:
    certificate = judged.standing.certificate
    if judged.metric not in records.metrics:
        return Stand.WITHDRAWN
    if certificate is None:
        return Stand.UNCERTIFIED
    return Stand.RETIRED if is_retired(certificate.meaning.business, utc(now).date()) else Stand.PUBLISHED


def _of_records(records: Records, wanted: set[str] | None, verified: Iterable[VerifiedMetric]) -> Iterator[Finding]:
    """What is wrong with the records themselves: approval files that cannot be read, people.yaml, hearings that keys rest on."""
    hearings = {str(each.certificate.meaning.business.get("hearing")) for each in verified if each.certificate}
    for finding in records.findings:
        path = PurePosixPath(finding.place.file)
        folder = path.parts[0]
        if folder == FOLDER.parts[0]:
            if wanted is None or (len(path.parts) > 1 and path.parts[1] in wanted):
                yield finding
        elif finding.place.file == BOOKS["person"] or (folder == "hearings" and path.stem in hearings):
            yield finding


def _unfit_rows(store: MeaningStore, verified: Iterable[VerifiedMetric]) -> Iterator[Finding]:
    """Rows of dimensions that certified meanings need, and that are missing or damaged."""
    certificates = [each.certificate for each in verified if each.certificate and each.stand is Stand.PUBLISHED]
    needed: dict[str, str] = {}
    for certificate in certificates:
        for logic in certificate.meaning.logic.measured():
            for dimension in logic.dimensions.values():
                if dimension is not None and dimension.rows_digest is not None:
                    needed.setdefault(dimension.rows_digest, certificate.meaning.metric)
    for digest, metric in sorted(needed.items()):
        try:
            store.rows(digest)
        except (MissingMeaningError, DamagedMeaningError) as error:
            code = "RNG-GOV-008" if isinstance(error, MissingMeaningError) else "RNG-GOV-009"
            message = f"The certified meaning of `{metric}` cannot be computed from approvals alone: {error}."
            yield Finding(code, Place(f"{(FOLDER / digest).as_posix()}.json"), message, "restore the file from git.")


def _void(catalog: Catalog, judged: Iterable[Judged]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in judged:
        for position, refusal in each.refused:
            digest = catalog.approvals[each.metric][position].meaning
            found[digest] = (*found.get(digest, ()), refusal.message)
    return found
