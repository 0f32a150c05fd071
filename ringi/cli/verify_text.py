"""How `ringi verify` writes its answer: rows and a sentence for people, one object for programs (`schema_version` 1)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ringi.output import finding_object

if TYPE_CHECKING:
    from governance.verification.verified import VerifiedCertificate, VerifiedKey, VerifiedMetric
    from governance.verification.verify_published import Uncovered
    from ringi.keys.verifying import Verified

COLUMNS = ("metric", "stands", "meaning", "certified", "tech key", "business key")


def as_rows(found: Verified) -> list[dict[str, str]]:
    """One row for each metric that has approvals."""
    return [_row(each) for each in found.verification.metrics]


def _row(metric: VerifiedMetric) -> dict[str, str]:
    certificate = metric.certificate
    if certificate is None:
        return {"metric": metric.metric, "stands": metric.stand.value} | dict.fromkeys(COLUMNS[2:], "-")
    return {
        "metric": metric.metric,
        "stands": metric.stand.value,
        "meaning": certificate.meaning[:12],
        "certified": _shown(certificate.certified_at),
        "tech key": _key_in_words(certificate.tech),
        "business key": _key_in_words(certificate.business),
    }


def _key_in_words(key: VerifiedKey) -> str:
    return f"{key.person} {key.at.astimezone(dt.UTC).date().isoformat()} {key.method.value}"


def summary(found: Verified) -> str:
    """What was looked at and how it stands, in two sentences."""
    verification = found.verification
    where = f"the commit {found.commit[:12]}" if found.commit else "the files as they lie"
    faults = sum(finding.blocks for finding in found.findings)
    text = (
        f"{_count(verification.keys, 'key')} of {_count(len(verification.metrics), 'metric')} hold in {where}, "
        f"as at {_shown(verification.at)}; {verification.published} published, {_count(faults, 'fault')}."
    )
    if found.ledger is None:
        return f"{text} No ledger was looked at."
    return f"{text} {_count(found.publications, 'publication')} in the ledger {found.ledger} looked at."


def as_json(found: Verified) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema_version": 1,
        "commit": found.commit,
        "at": found.verification.at,
        "metrics": [_metric(each) for each in found.verification.metrics],
        "ledger": None
        if found.ledger is None
        else {
            "place": found.ledger,
            "publications": found.publications,
            "uncovered": [_uncovered(each) for each in found.uncovered],
        },
        "findings": [finding_object(finding) for finding in found.findings],
    }


def _metric(metric: VerifiedMetric) -> dict[str, Any]:
    *earlier, last = metric.certificates or (None,)
    return {
        "metric": metric.metric,
        "state": metric.stand.value,
        "certificate": None if last is None else _certificate(last),
        "earlier": [_certificate(each) for each in earlier if each is not None],
    }


def _certificate(certificate: VerifiedCertificate) -> dict[str, Any]:
    return {
        "meaning": certificate.meaning,
        "certified_at": certificate.certified_at,
        "keys": {key.side.value: _key(key) for key in (certificate.tech, certificate.business)},
    }


def _key(key: VerifiedKey) -> dict[str, Any]:
    return {
        "person": key.person,
        "approved_at": key.at,
        "method": key.method.value,
        "credential": key.credential,
        "meaning": key.meaning,
    }


def _uncovered(found: Uncovered) -> dict[str, Any]:
    return {
        "code": found.code,
        "view": found.view,
        "column": found.column,
        "meaning": found.meaning,
        "reason": found.reason,
        "publications": [{"run_id": each.run_id, "recorded_at": each.at, "countries": list(each.countries)} for each in found.publications],
    }


def _shown(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
