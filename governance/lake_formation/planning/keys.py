"""The two keys over an access plan that lets anybody see more: turned by `ringi access approve`, asked for by `ringi access apply`.

Checked offline, from the project's files alone: `people.yaml` says who holds which side and which SSH keys, the files below
`access/approvals/<digest>/` hold the signatures. The two sides need two people with two keys. A plan that only narrows needs none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from governance.errors import GovernanceError
from governance.keys import credential, ssh
from governance.keys.credential import Credential
from governance.keys.meaning_store import write
from governance.keys.refusal import Refusal, utc
from governance.keys.registered import registered
from governance.keys.ssh import Signer
from governance.keys.turned_key import OTHER_SIDE, holds_side, in_time
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.plan_approval import NAMESPACE, PlanApproval
from governance.lake_formation.planning.plan_file import digest
from metrics_catalog.finding import did_you_mean
from metrics_catalog.person import Person, Side
from metrics_catalog.yaml_io import build, read

FOLDER = Path("access", "approvals")
"""Where the files stand: kept in git, and apart from `approvals/`, whose files are about metrics."""

AGAIN = "delete the file and run `ringi access approve` again; never edit it."


@dataclass(frozen=True, slots=True)
class PlanKey:
    """A key that counts, and what it was turned with."""

    approval: PlanApproval
    used: Credential

    @property
    def side(self) -> Side:
        return self.approval.side

    @property
    def person(self) -> str:
        return self.approval.person


@dataclass(frozen=True)
class Turned:
    """The keys over one plan: those that count, one a side, and why each other file does not."""

    keys: Mapping[Side, PlanKey]
    refusals: Mapping[str, Refusal]

    @property
    def missing(self) -> tuple[Side, ...]:
        return tuple(side for side in Side if side not in self.keys)


def turned(root: Path, people: Mapping[str, Person], plan: Plan, now: datetime) -> Turned:
    """The keys that are turned over a plan, as the project's files say."""
    counting: dict[Side, PlanKey] = {}
    refusals: dict[str, Refusal] = {}
    for file, approval in _approvals(root, digest(plan)):
        found = approval if isinstance(approval, Refusal) else _check(people, plan, approval, now)
        if isinstance(found, PlanKey):
            other = counting.get(OTHER_SIDE[found.side])
            found = (other and _one_hand(other, found)) or found
        if isinstance(found, Refusal):
            refusals[file] = found
        else:
            counting.setdefault(found.side, found)
    return Turned(counting, refusals)


def require(plan: Plan, found: Turned) -> None:
    """Raise GovernanceError where the plan lets anybody see more and a key is missing."""
    if not plan.widens or not found.missing:
        return
    sides = " and ".join(f"the {side.value} key" for side in found.missing)
    why = "".join(f" {file} does not count: {refusal.message}" for file, refusal in found.refusals.items())
    raise GovernanceError(
        f"This plan lets somebody see more, and {sides} over it {'is' if len(found.missing) == 1 else 'are'} missing.{why} Nothing was done.",
        hint=f"`ringi access approve PLAN --side {found.missing[0].value} --as PERSON --key FILE`, then apply again.",
    )


def approve(
    root: Path, people: Mapping[str, Person], plan: Plan, side: Side, person: str, signer: Signer, now: datetime
) -> tuple[PlanKey, Path | None]:
    """Turn one side's key over a plan; the path of the written file, None where this side's key is turned already.

    Raises GovernanceError where a rule forbids it.
    """
    held = turned(root, people, plan, now)
    if side in held.keys:
        return held.keys[side], None
    unsigned = PlanApproval(
        plan=digest(plan), account=plan.account, side=side, person=person, approved_at=utc(now), signature="not signed yet"
    )
    key = _allowed(people, unsigned, credential.of_ssh(signer.public_key))
    other = held.keys.get(OTHER_SIDE[side])
    refused = key if isinstance(key, Refusal) else other and _one_hand(other, key)
    if isinstance(refused, Refusal):
        raise GovernanceError(refused.message, hint=f"{refused.hint} More: ringi explain {refused.code}")
    approval = unsigned.model_copy(update={"signature": signer.sign(unsigned.signed_text(), NAMESPACE)})
    path = _free_path(root, approval)
    write(root, {path: approval.text().encode()})
    return PlanKey(approval, credential.of_ssh(signer.public_key)), path


def _check(people: Mapping[str, Person], plan: Plan, approval: PlanApproval, now: datetime) -> PlanKey | Refusal:
    if approval.plan != digest(plan) or approval.account != plan.account:
        return Refusal("RNG-GOV-100", "It is for another plan than the one whose folder it stands in.", AGAIN, "plan")
    if refused := in_time(approval.approved_at, now):
        return refused
    try:
        used = credential.of_ssh(ssh.verify(approval.signed_text(), approval.signature, NAMESPACE))
    except ssh.SignatureError as error:
        code = "RNG-GOV-001" if error.readable else "RNG-GOV-002"
        return Refusal(code, f"The signature does not count: {error}.", AGAIN, "signature")
    return _allowed(people, approval, used)


def _allowed(people: Mapping[str, Person], approval: PlanApproval, used: Credential) -> PlanKey | Refusal:
    person = people.get(approval.person)
    if person is None:
        near = did_you_mean(approval.person, people)
        message = f"There is no person `{approval.person}` in people.yaml."
        return Refusal("RNG-GOV-004", message, near or "add the person to people.yaml, with sides and a public key.")
    return holds_side(approval, person) or registered(approval, person, used) or PlanKey(approval, used)


def _one_hand(other: PlanKey, key: PlanKey) -> Refusal | None:
    """Refused where one person, or one key, would turn both."""
    if other.person == key.person:
        message = f"`{key.person}` has turned the {other.side.value} key over this plan; the {key.side.value} key needs another person."
        return Refusal("RNG-GOV-011", message, f"ask somebody else of the {key.side.value} side.")
    if other.used.is_same(key.used):
        message = (
            f"`{key.person}` used the same SSH key as `{other.person}`, who turned the {other.side.value} key; the two need different keys."
        )
        return Refusal("RNG-GOV-011", message, "register a key of your own in people.yaml; two people never share one.", "signature")
    return None


def _approvals(root: Path, plan: str) -> Iterator[tuple[str, PlanApproval | Refusal]]:
    """The files for one plan, in the order of their names."""
    folder = root / FOLDER / plan
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        document, findings = read(path, root)
        model = None
        if document is not None:
            model, findings = build(PlanApproval, document)
        file = path.relative_to(root).as_posix()
        if model is None:
            yield file, Refusal("RNG-GOV-100", _first(findings), AGAIN, "plan")
        else:
            yield file, model


def _first(findings: Sequence[object]) -> str:
    return f"It cannot be read: {getattr(findings[0], 'message', '')}" if findings else "It cannot be read."


def _free_path(root: Path, approval: PlanApproval) -> Path:
    """Where the file goes. One that is there is a record and is never overwritten: turned again, the key gets a number."""
    stem, number = f"{approval.side.value}-{approval.person}", 1
    while (root / (path := FOLDER / approval.plan / f"{stem}{f'-{number}' if number > 1 else ''}.yaml")).exists():
        number += 1
    return path
