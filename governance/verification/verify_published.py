"""Whether each publication in the ledger was covered by two keys when it was made.

Asked by `ringi verify` where a ledger is at hand. A publication is covered when each of its columns has the digest of a
meaning that two valid keys had certified by then. It need not have been the newest: a run may have begun before the pull
request with newer keys was merged, so that is only a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from governance.keys.refusal import shown, utc
from governance.keys.turned_key import CLOCK_SKEW
from metrics_catalog.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from governance.verification.verified import VerifiedCertificate
    from governance.verification.verify import Verification

UNCOVERED, REPLACED = "RNG-GOV-071", "RNG-GOV-072"
PLACE = Place("ledger.publications")
SHOWN_RUNS, SHOWN_COUNTRIES = 3, 8


@dataclass(frozen=True, slots=True)
class Publication:
    """What one run published of one view; `meanings` maps each value column to the digest of its meaning."""

    view: str
    countries: tuple[str, ...]
    run_id: str
    at: datetime
    meanings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A column that was published without two keys over its meaning, in all the runs where that was so."""

    code: str
    view: str
    column: str
    meaning: str
    reason: str
    publications: tuple[Publication, ...]

    @property
    def finding(self) -> Finding:
        """The finding, with the runs and countries in words."""
        said = f"`{self.column}` of `{self.view}` was published as {self.meaning[:12]} {self.reason}: {self._where}."
        if self.code == REPLACED:
            hint = "if the newer keys were merged after that run, all is well; if not, run `ringi run`."
            return Finding(REPLACED, PLACE, said, hint, Severity.WARNING)
        return Finding(
            UNCOVERED, PLACE, said, "find out who ran it and with which records; then turn both keys, or withdraw what was published."
        )

    @property
    def _where(self) -> str:
        runs = [f"run {each.run_id or '(none)'} at {shown(each.at)}" for each in self.publications]
        countries = sorted({code for each in self.publications for code in each.countries})
        return f"{_some(runs, SHOWN_RUNS)}; {_some(countries, SHOWN_COUNTRIES)}"


@dataclass(frozen=True, slots=True)
class _Span:
    """One certificate, and when the next one of its metric took its place."""

    certificate: VerifiedCertificate
    until: datetime | None


def uncovered(verification: Verification, publications: Iterable[Publication]) -> tuple[Uncovered, ...]:
    """Every column of every publication that two keys did not cover at that time, told once for all runs with the same reason."""
    spans = _spans(verification)
    found: dict[tuple[str, str, str, str, str], list[Publication]] = {}
    for each in sorted(publications, key=lambda each: (each.view, utc(each.at), each.run_id)):
        for column, digest in each.meanings.items():
            if fault := _fault(spans, verification.void, column, digest, utc(each.at)):
                found.setdefault((*fault[:1], each.view, column, digest, fault[1]), []).append(each)
    return tuple(Uncovered(*key, tuple(where)) for key, where in sorted(found.items()))


def _spans(verification: Verification) -> dict[str, list[_Span]]:
    spans: dict[str, list[_Span]] = {}
    for each in verification.metrics:
        ends = [newer.certified_at for _, newer in pairwise(each.certificates)]
        for certificate, until in zip(each.certificates, [*ends, None], strict=bool(each.certificates)):
            spans.setdefault(certificate.meaning, []).append(_Span(certificate, until))
    return spans


def _fault(
    spans: Mapping[str, Sequence[_Span]], void: Mapping[str, Sequence[str]], column: str, digest: str, at: datetime
) -> tuple[str, str] | None:
    """The code and the reason where a column was not covered at an instant; None where it was."""
    known = spans.get(digest, ())
    if not known:
        return UNCOVERED, _never(void.get(digest, ()))
    certificate = known[0].certificate
    if column not in certificate.columns:
        return UNCOVERED, f"which is the meaning of `{certificate.metric}`"
    begun = [span for span in known if utc(span.certificate.certified_at) <= at + CLOCK_SKEW]
    if not begun:
        first = min(utc(span.certificate.certified_at) for span in known)
        return UNCOVERED, f"before both keys were turned over it ({shown(first)})"
    ends = [span.until for span in begun]
    if any(end is None or at <= utc(end) + CLOCK_SKEW for end in ends):
        return None
    newest = max(utc(end) for end in ends if end is not None)
    return REPLACED, f"after a newer meaning was certified ({shown(newest)})"


def _never(reasons: Sequence[str]) -> str:
    if not reasons:
        return "without an approval on record"
    return f"without two valid keys ({' '.join(dict.fromkeys(reasons))})"


def _some(words: Sequence[str], most: int) -> str:
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")
