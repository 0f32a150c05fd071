"""Verification: who turned which key over which meaning when, from the records alone, and every approval that does not count.

Made by `verify` from the records of a lake project (people, hearings, approvals) with the judge that the gate asks too, so
that nothing is published that verification would not confirm. Printed by `ringi verify`; needs no lake and no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from governance.keys.meaning_store import FOLDER, DamagedMeaningError, MeaningStore, MissingMeaningError
from governance.verification.verified import Stand, Verdict, VerifiedMetric
from governance.verification.verify_files import unneeded
from governance.verification.verify_shared import verdicts
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Place, did_you_mean
from metrics_catalog.project_files import BOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from metrics_catalog.records import Records


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
    judged, needs = verdicts(records, sorted(catalog.approvals if wanted is None else wanted), now)
    verified = tuple(each.metric for each in judged if each.metric.metric in catalog.approvals)
    findings = {finding for each in judged for finding in each.findings}
    findings |= {*_of_records(records, wanted, verified), *_unfit_rows(MeaningStore(catalog.root), verified)}
    if wanted is None:
        findings |= set(unneeded(catalog, needs))
    return Verification(now, verified, tuple(sorted(findings, key=Finding.sort_key)), sum(each.keys for each in judged), _void(judged))


def _known(records: Records, name: str) -> str:
    known = records.metrics | records.catalog.approvals.keys()
    if name in known:
        return name
    raise UsageError(f"There is no metric `{name}`.", hint=did_you_mean(name, known) or "`ringi status` lists all metrics.")


def _of_records(records: Records, wanted: set[str] | None, verified: Iterable[VerifiedMetric]) -> Iterator[Finding]:
    """What is wrong with the records themselves: approval files that cannot be read, people.yaml, hearings that keys rest on."""
    hearings = {each.certificate.hearing for each in verified if each.certificate}
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
    needed: dict[str, str] = {}
    for each in verified:
        if each.certificate is not None and each.stand is Stand.PUBLISHED:
            needed |= {digest: needed.get(digest, each.metric) for digest in each.certificate.rows}
    for digest, metric in sorted(needed.items()):
        try:
            store.rows(digest)
        except (MissingMeaningError, DamagedMeaningError) as error:
            code = "RNG-GOV-008" if isinstance(error, MissingMeaningError) else "RNG-GOV-009"
            message = f"The certified meaning of `{metric}` cannot be computed from approvals alone: {error}."
            yield Finding(code, Place(f"{(FOLDER / digest).as_posix()}.json"), message, "restore the file from git.")


def _void(judged: Iterable[Verdict]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in judged:
        for digest, reason in each.void:
            found[digest] = (*found.get(digest, ()), reason)
    return found
