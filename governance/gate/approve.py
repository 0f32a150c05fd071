"""Turning a key: shows what changed since the last certified meaning, asks every rule, signs, and writes the approval.

Used by `ringi approve`, by the demo and by the re-signing of the starter. Writes `approvals/<metric>/<side>-<person>-<digest>.yaml`
and the approved meaning; a key that holds already is not turned again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from governance.gate.gate import MetricStatus, certified
from governance.keys import meaning_store
from governance.keys.approval_text import approval_text as approval_text
from governance.keys.credential import Credential, of_ssh
from governance.keys.refusal import Refusal, utc
from governance.keys.turned_key import TurnedKey, person_rules, proved, rules, stranger
from metrics_catalog.approval import NAMESPACE, Approval, Method
from metrics_catalog.lifecycle import KeyState
from metrics_catalog.meaning_diff import Change, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from governance.keys.ssh import Signer
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.person import Side


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to turn which key, and when. `findings` are those of the whole project."""

    side: Side
    person: str
    now: datetime
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a key would be turned over: the present meaning, and what changed since the last certified one (None: all is new)."""

    metric: str
    meaning: Meaning
    status: MetricStatus
    changes: tuple[Change, ...]

    def is_covered(self, side: Side) -> bool:
        """Whether the key of this side holds already, for every country that there is now."""
        key = self.status.standing.holding(side, self.meaning)
        return key is not None and self.meaning.country_parts.logic.keys() <= key.meaning.country_parts.logic.keys()


@dataclass(frozen=True, slots=True)
class Approved:
    """One key that was turned; `files` are what was written, none where the key held already."""

    metric: str
    side: Side
    person: str
    digest: str
    changes: tuple[Change, ...]
    files: tuple[Path, ...]

    @property
    def already(self) -> bool:
        return not self.files


@dataclass(frozen=True, slots=True)
class Refused:
    """One metric of many whose key could not be turned, and why."""

    metric: str
    error: GovernanceError


def approve(
    root: Path, catalog: Catalog, metric: str, side: Side, person: str, signer: Signer, now: datetime, findings: Sequence[Finding] = ()
) -> Approved:
    """Turn one key over a metric's present meaning. `findings` are those of the whole project; a blocking one forbids it.

    Raises UsageError for an unknown metric, and GovernanceError with the rule that forbids the approval.
    """
    return turn(root, catalog, proposal(catalog, metric, now), Request(side, person, now, findings), signer)


def approve_all(root: Path, catalog: Catalog, request: Request, signer: Signer) -> list[Approved | Refused]:
    """Turn one side's key over every metric that needs it."""
    return turn_all(root, catalog, proposals(catalog, request.side, request.now), request, signer)


def turn_all(
    root: Path, catalog: Catalog, wanted: Iterable[Proposal | Refused], request: Request, signer: Signer
) -> list[Approved | Refused]:
    """Turn the key over each proposal; what is forbidden for one metric does not stop the others."""
    results: list[Approved | Refused] = []
    for each in wanted:
        try:
            results.append(each if isinstance(each, Refused) else turn(root, catalog, each, request, signer))
        except GovernanceError as error:
            results.append(Refused(each.metric, error))
    return results


def proposals(catalog: Catalog, side: Side, now: datetime) -> list[Proposal | Refused]:
    """What a side's key would be turned over, for every metric whose key of this side is void or missing."""
    found: list[Proposal | Refused] = []
    for name, status in certified(catalog, now, catalog.metrics).metrics.items():
        if status.keys[side].state is not KeyState.VALID:
            try:
                found.append(_proposal(name, status))
            except GovernanceError as error:
                found.append(Refused(name, error))
    return found


def proposal(catalog: Catalog, metric: str, now: datetime) -> Proposal:
    """What the key would be turned over, to be shown before it is signed; raises UsageError, or GovernanceError."""
    return _proposal(metric, certified(catalog, now, [metric]).metrics[metric])


def _proposal(metric: str, status: MetricStatus) -> Proposal:
    if status.present is None:
        why = status.unresolved.message if status.unresolved else "Its file is gone or cannot be read."
        raise GovernanceError(f"`{metric}` has no meaning to approve. {why}", hint="run `ringi check` and mend what it finds.")
    last = status.certificate.meaning if status.certificate else None
    return Proposal(metric, status.present, status, changes(last, status.present))


def turn(root: Path, catalog: Catalog, wanted: Proposal, request: Request, signer: Signer) -> Approved:
    """Turn the key over a proposal with an SSH key; raises GovernanceError with the rule that forbids it."""
    if wanted.is_covered(request.side):
        return _held_already(wanted, request)
    _known(catalog, request.person)
    approval = unsigned(wanted, request, Method.SSH)
    _allowed(catalog, approval, wanted, of_ssh(signer.public_key))
    _no_faults(catalog, wanted.meaning, request.findings)
    signed = approval.model_copy(update={"signature": signer.sign(approval.signed_text(), NAMESPACE)})
    return _write(root, catalog, wanted, signed)


def record(root: Path, catalog: Catalog, wanted: Proposal, approval: Approval, request: Request) -> Approved:
    """Write an approval that carries its evidence, such as a passkey's answer or a review, if it counts as the gate counts it.

    Raises GovernanceError where the evidence or a rule forbids it; nothing is written then. `request.now` is the present
    instant, which may be later than the approval's own.
    """
    if wanted.is_covered(approval.side):
        return _held_already(wanted, request)
    _known(catalog, approval.person)
    used = proved(catalog, approval, wanted.meaning, request.now)
    if isinstance(used, Refusal):
        raise _forbidden(used)
    _allowed(catalog, approval, wanted, used)
    _no_faults(catalog, wanted.meaning, request.findings)
    return _write(root, catalog, wanted, approval)


def allow(catalog: Catalog, wanted: Proposal, request: Request) -> None:
    """Raise GovernanceError where this person may not turn this key at all, whatever it would be turned with.

    Asked before a page or a question is shown, so that nobody reads and signs in vain.
    """
    _known(catalog, request.person)
    approval = unsigned(wanted, request, Method.PASSKEY)
    anything = TurnedKey(approval, wanted.meaning, Credential(Method.PASSKEY, "", frozenset()))  # in nobody else's hand
    refusal = person_rules(catalog, approval, wanted.meaning) or wanted.status.standing.objection(anything)
    if refusal:
        raise _forbidden(refusal)
    _no_faults(catalog, wanted.meaning, request.findings)


def is_due(catalog: Catalog, wanted: Proposal, request: Request) -> bool:
    """Whether the key is missing and this person may turn it; asked before findings that are costly to gather."""
    if wanted.is_covered(request.side):
        return False
    try:
        allow(catalog, wanted, request)
    except GovernanceError:
        return False
    return True


def unsigned(wanted: Proposal, request: Request, method: Method) -> Approval:
    """The approval that is to be signed, without its evidence."""
    return Approval(
        metric=wanted.metric,
        side=request.side,
        person=request.person,
        meaning=wanted.meaning.digest,
        approved_at=utc(request.now),
        method=method,
    )


def _held_already(wanted: Proposal, request: Request) -> Approved:
    return Approved(wanted.metric, request.side, request.person, wanted.meaning.digest, wanted.changes, ())


def _write(root: Path, catalog: Catalog, wanted: Proposal, approval: Approval) -> Approved:
    files = meaning_store.files_of(catalog, wanted.meaning)
    path = _free_path(root, approval)
    meaning_store.write(root, files)  # first what the approval names, then the approval: never one without the other
    meaning_store.write(root, {path: approval_text(approval).encode()})
    return Approved(wanted.metric, approval.side, approval.person, wanted.meaning.digest, wanted.changes, (path, *files))


def _allowed(catalog: Catalog, approval: Approval, wanted: Proposal, used: Credential) -> None:
    refusal = rules(catalog, approval, wanted.meaning, used) or wanted.status.standing.objection(TurnedKey(approval, wanted.meaning, used))
    if refusal:
        raise _forbidden(refusal)


def _known(catalog: Catalog, person: str) -> None:
    """Asked first, since an approval can only be made out to a short name."""
    if catalog.is_broken("person", person):
        raise GovernanceError(f"The entry of `{person}` in people.yaml cannot be read.", hint="run `ringi check` and mend people.yaml.")
    if person not in catalog.people:
        raise _forbidden(stranger(catalog.people, person))


def _forbidden(refusal: Refusal) -> GovernanceError:
    return GovernanceError(refusal.message, hint=f"{refusal.hint} More: ringi explain {refusal.code}")


def _no_faults(catalog: Catalog, covered: Meaning, findings: Iterable[Finding]) -> None:
    """A metric whose file, or the file of something it is computed from, has a blocking finding is not approved."""
    blocking = [finding for finding in findings if finding.blocks]
    files = _files_below(catalog, covered) if blocking else set()
    for finding in blocking:
        if finding.place.file in files:
            message = f"`{covered.metric}` has a finding that blocks it: {finding.code} in {finding.place}: {finding.message}"
            raise GovernanceError(message, hint="run `ringi check --examples`, mend it, and approve again.")


def _files_below(catalog: Catalog, covered: Meaning) -> set[str]:
    """The files of a metric, of what it is computed from, and of its hearing."""
    wanted: list[tuple[str, str]] = [("metric", covered.metric), ("hearing", str(covered.business.get("hearing", "")))]
    for below in covered.logic.measured():
        wanted.append(("metric", below.metric))
        if below.source:
            wanted.append(("source", below.source.source))
        wanted.extend(("dimension", found.dimension) for found in below.dimensions.values() if found)
    return {catalog.files[kind, name] for kind, name in wanted if (kind, name) in catalog.files}


def _free_path(root: Path, approval: Approval) -> Path:
    """Where the approval goes. A file that is there is a record and is never overwritten: turned again, the key gets a number."""
    folder = Path("approvals", approval.metric)
    stem = f"{approval.side.value}-{approval.person}-{approval.meaning[:12]}"
    number = 1
    while (root / (path := folder / f"{stem}{f'-{number}' if number > 1 else ''}.yaml")).exists():
        number += 1
    return path
