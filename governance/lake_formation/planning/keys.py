"""The two keys over an access plan that lets anybody see more: turned by `ringi access approve`, asked for by `ringi access apply`.

Checked offline, from the project's files alone: `people.yaml` says who holds which side, which SSH keys and which passkeys, the files
below `access/approvals/<digest>/` hold the evidence. The two sides need two people with two keys, neither of whom wrote the change
of the policy, where the plan knows who did. A plan that only narrows needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from governance.errors import GovernanceError
from governance.keys import credential, passkey, ssh
from governance.keys.credential import Credential
from governance.keys.refusal import Refusal, utc
from governance.keys.registered import registered
from governance.keys.ssh import Signer
from governance.keys.turned_key import OTHER_SIDE, holds_side, in_time, stranger
from governance.lake_formation.planning.key_files import AGAIN, approvals, keep
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.plan_approval import NAMESPACE, PlanApproval
from governance.lake_formation.planning.plan_file import digest
from metrics_catalog.approval import Method
from metrics_catalog.person import Person, Side


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
    for file, approval in approvals(root, digest(plan)):
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
        hint=f"`ringi access approve PLAN --side {found.missing[0].value} --as PERSON` with `--key FILE` or `--page`, then apply again.",
    )


def approve(
    root: Path, people: Mapping[str, Person], plan: Plan, side: Side, person: str, signer: Signer, now: datetime
) -> tuple[PlanKey, Path | None]:
    """Turn one side's key over a plan with an SSH key; the path of the written file, None where this side's key is turned already.

    Raises GovernanceError where a rule forbids it.
    """
    held = turned(root, people, plan, now)
    if side in held.keys:
        return held.keys[side], None
    _known(people, person)
    asked = unsigned(plan, side, person, now)
    key = _counting(_allowed(people, plan, asked, credential.of_ssh(signer.public_key)), held)
    signed = asked.model_copy(update={"signature": signer.sign(asked.signed_text(), NAMESPACE)})
    return PlanKey(signed, key.used), keep(root, signed)


def record(root: Path, people: Mapping[str, Person], plan: Plan, approval: PlanApproval, now: datetime) -> tuple[PlanKey, Path | None]:
    """Write an approval that carries its evidence, such as a passkey's answer, if `apply` will count it; else as `approve`."""
    held = turned(root, people, plan, now)
    if approval.side in held.keys:
        return held.keys[approval.side], None
    key = _counting(_check(people, plan, approval, now), held)
    return key, keep(root, approval)


def allow(root: Path, people: Mapping[str, Person], plan: Plan, side: Side, person: str, now: datetime) -> None:
    """Raise GovernanceError where this person may not turn this key at all, whatever it would be turned with.

    Asked before a page is shown, so that nobody reads and signs in vain.
    """
    _known(people, person)
    asked = unsigned(plan, side, person, now)
    found = _person(people, plan, asked)
    if not isinstance(found, Refusal):
        anything = PlanKey(asked, Credential(Method.PASSKEY, "", frozenset()))  # in nobody else's hand
        other = turned(root, people, plan, now).keys.get(OTHER_SIDE[side])
        refused = other and _one_hand(other, anything)
    else:
        refused = found
    if refused:
        raise _forbidden(refused)


def unsigned(plan: Plan, side: Side, person: str, now: datetime) -> PlanApproval:
    """The approval that is to be signed, without its evidence."""
    return PlanApproval(plan=digest(plan), account=plan.account, side=side, person=person, approved_at=utc(now))


def _known(people: Mapping[str, Person], person: str) -> None:
    """Asked first, since an approval can only be made out to a short name."""
    if person not in people:
        raise _forbidden(stranger(people, person))


def _counting(key: PlanKey | Refusal, held: Turned) -> PlanKey:
    """The key, where nothing speaks against it beside the other side's; raises GovernanceError."""
    if isinstance(key, Refusal):
        raise _forbidden(key)
    other = held.keys.get(OTHER_SIDE[key.side])
    if other and (refused := _one_hand(other, key)):
        raise _forbidden(refused)
    return key


def _forbidden(refusal: Refusal) -> GovernanceError:
    return GovernanceError(refusal.message, hint=f"{refusal.hint} More: ringi explain {refusal.code}")


def _check(people: Mapping[str, Person], plan: Plan, approval: PlanApproval, now: datetime) -> PlanKey | Refusal:
    if approval.plan != digest(plan) or approval.account != plan.account:
        return Refusal("RNG-GOV-100", "It is for another plan than the one whose folder it stands in.", AGAIN, "plan")
    if refused := in_time(approval.approved_at, now):
        return refused
    used = _proved(people, approval)
    return used if isinstance(used, Refusal) else _allowed(people, plan, approval, used)


def _proved(people: Mapping[str, Person], approval: PlanApproval) -> Credential | Refusal:
    """The credential that the evidence in the file proves."""
    if (approval.signature is None) is (approval.passkey is None):
        told = "neither a signature nor a passkey's answer" if approval.passkey is None else "a signature and a passkey's answer"
        return Refusal("RNG-GOV-062", f"It holds {told}; expected one of the two.", AGAIN, "signature")
    if approval.passkey is not None:
        person = people.get(approval.person)
        return stranger(people, approval.person) if person is None else passkey.check_assertion(approval, person)
    try:
        return credential.of_ssh(ssh.verify(approval.signed_text(), approval.signature or "", NAMESPACE))
    except ssh.SignatureError as error:
        code = "RNG-GOV-001" if error.readable else "RNG-GOV-002"
        return Refusal(code, f"The signature does not count: {error}.", AGAIN, "signature")


def _allowed(people: Mapping[str, Person], plan: Plan, approval: PlanApproval, used: Credential) -> PlanKey | Refusal:
    person = _person(people, plan, approval)
    if isinstance(person, Refusal):
        return person
    return registered(approval, person, used) or PlanKey(approval, used)


def _person(people: Mapping[str, Person], plan: Plan, approval: PlanApproval) -> Person | Refusal:
    """Who turns the key, or why this person may not, whatever it is turned with."""
    person = people.get(approval.person)
    if person is None:
        return stranger(people, approval.person)
    return holds_side(approval, person) or _author(plan, approval) or person


def _author(plan: Plan, approval: PlanApproval) -> Refusal | None:
    """As with a metric: who wrote the change turns neither of its keys."""
    if approval.person not in plan.authors:
        return None
    message = f"`{approval.person}` wrote the change of the policy that this plan carries out, and may turn neither of its keys."
    return Refusal("RNG-GOV-102", message, "ask somebody who did not write the change.")


def _one_hand(other: PlanKey, key: PlanKey) -> Refusal | None:
    """Refused where one person, or one key, would turn both."""
    if other.person == key.person:
        message = f"`{key.person}` has turned the {other.side.value} key over this plan; the {key.side.value} key needs another person."
        return Refusal("RNG-GOV-011", message, f"ask somebody else of the {key.side.value} side.")
    if other.used.is_same(key.used):
        message = f"`{key.person}` used the same {key.used.kind} as `{other.person}`, who turned the {other.side.value} key; the two need different keys."
        return Refusal(
            "RNG-GOV-011", message, "register a key or passkey of your own in people.yaml; two people never share one.", "signature"
        )
    return None
