"""Whether one turned key counts: the rules of who may turn it, and the checks of one approval file.

The rules are asked twice with the same code: by `approve` before a file is written, and by the gate for each file at each
run, so that a file made by any other means counts only if `approve` would have written it. How the evidence of each method
is checked stands in `keys` (SSH), `passkey` and `github_review`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.keys import credential, github_review, passkey, ssh
from governance.keys.meaning_store import DamagedMeaningError, MeaningStore, MissingMeaningError
from governance.keys.refusal import CLOCK_SKEW as CLOCK_SKEW
from governance.keys.refusal import Refusal as Refusal
from governance.keys.refusal import shown, span, within
from governance.keys.refusal import utc as utc
from governance.keys.registered import FIELDS, Claim, registered
from metrics_catalog.approval import NAMESPACE, Approval, Method
from metrics_catalog.finding import did_you_mean
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from governance.keys.credential import Credential
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.person import Person

OTHER_SIDE = {Side.TECH: Side.BUSINESS, Side.BUSINESS: Side.TECH}
BOTH_SIDES = frozenset(Side)


@dataclass(frozen=True, slots=True)
class TurnedKey:
    """An approval that counts, with the meaning it covers and the credential it was turned with."""

    approval: Approval
    meaning: Meaning
    key: Credential

    @property
    def side(self) -> Side:
        return self.approval.side

    @property
    def at(self) -> datetime:
        return self.approval.approved_at


def check(catalog: Catalog, store: MeaningStore, approval: Approval, now: datetime) -> TurnedKey | Refusal:
    """What one approval file is worth at the instant `now`."""
    try:
        covered = store.meaning(approval.meaning)
    except MissingMeaningError as error:
        return Refusal("RNG-GOV-008", f"The approved meaning is missing: {error}.", "restore the file from git.", "meaning")
    except DamagedMeaningError as error:
        return Refusal("RNG-GOV-009", f"The approved meaning is damaged: {error}.", "restore the file from git; never edit it.", "meaning")
    if covered.metric != approval.metric:
        message = f"This approval is for `{approval.metric}`, but the meaning it names is of `{covered.metric}`."
        return Refusal("RNG-GOV-003", message, "delete the file and run `ringi approve` again.", "meaning")
    used = proved(catalog, approval, covered, now)
    if isinstance(used, Refusal):
        return used
    return rules(catalog, approval, covered, used) or TurnedKey(approval, covered, used)


def proved(catalog: Catalog, approval: Approval, covered: Meaning, now: datetime) -> Credential | Refusal:
    """The credential that the evidence of an approval proves; whether it may turn this key is not asked here."""
    if refused := in_time(approval.approved_at, now) or _evidence(approval):
        return refused
    if approval.method is Method.SSH:
        return _signed(approval)
    person = catalog.people.get(approval.person)
    if person is None:
        return stranger(catalog.people, approval.person)
    if approval.method is Method.PASSKEY:
        return passkey.check_assertion(approval, person)
    return github_review.check_review(catalog.root, approval, now)


def rules(catalog: Catalog, approval: Approval, covered: Meaning, used: Credential) -> Refusal | None:
    """Whether this person may turn this key with this credential at that time; None means yes. The evidence is not asked."""
    person = catalog.people.get(approval.person)
    if person is None:
        return stranger(catalog.people, approval.person)
    return holds_side(approval, person) or registered(approval, person, used) or _change(catalog, approval, covered)


def person_rules(catalog: Catalog, approval: Approval, covered: Meaning) -> Refusal | None:
    """Whether this person may turn this key over this meaning at that time, whatever it would be turned with."""
    person = catalog.people.get(approval.person)
    if person is None:
        return stranger(catalog.people, approval.person)
    return holds_side(approval, person) or _change(catalog, approval, covered)


def _change(catalog: Catalog, approval: Approval, covered: Meaning) -> Refusal | None:
    return _proposer(approval, covered) or _hearing(catalog, approval, covered)


def _signed(approval: Approval) -> Credential | Refusal:
    try:
        return credential.of_ssh(ssh.verify(approval.signed_text(), approval.signature or "", NAMESPACE))
    except ssh.SignatureError as error:
        hint = "delete the file and run `ringi approve` again; never edit it."
        return Refusal("RNG-GOV-001" if error.readable else "RNG-GOV-002", f"The signature does not count: {error}.", hint, "signature")


def _evidence(approval: Approval) -> Refusal | None:
    """The file holds the evidence of its method, and of no other."""
    for method, field in FIELDS.items():
        is_there = getattr(approval, field) is not None
        if is_there is (method is approval.method):
            continue
        message = f"The method is `{approval.method.value}`, but `{field}` is {'there too' if is_there else 'missing'}."
        hint = "delete the file and approve again; an approval file is never edited."
        return Refusal("RNG-GOV-062", message, hint, field if is_there else "method")
    return None


def stranger(people: Mapping[str, Person], person: str) -> Refusal:
    """Why a word that names nobody in people.yaml turns no key; it may be any text at all."""
    near = did_you_mean(person, people)
    message = f"There is no person `{person}` in people.yaml."
    return Refusal("RNG-GOV-004", message, near or "add the person to people.yaml, with sides and a public key.")


def one_person(first: TurnedKey, approval: Approval, used: Credential) -> Refusal | None:
    """Refused where the other side's key was turned by the same person, or with the same key, passkey or account."""
    other = first.approval
    if other.person == approval.person:
        message = f"`{approval.person}` has turned the {other.side.value} key over this meaning; the {approval.side.value} key needs another person."
        return Refusal("RNG-GOV-011", message, f"ask somebody else of the {approval.side.value} side.")
    if first.key.is_same(used) and (first.key.method is Method.GITHUB) is not (used.method is Method.GITHUB):
        message = f"The key that signed for one of `{other.person}` and `{approval.person}` is the witness of the other's review; one hand would turn both keys."
        return Refusal("RNG-GOV-011", message, "record the review with a witness key that turns no key itself.", FIELDS[used.method])
    if first.key.is_same(used):
        message = f"`{approval.person}` used the same {used.kind} as `{other.person}`, who turned the {other.side.value} key; the two need different keys."
        hint = "register a key, passkey or GitHub account of your own in people.yaml; two people never share one."
        return Refusal("RNG-GOV-011", message, hint, FIELDS[used.method])
    return None


def in_time(at: datetime, now: datetime) -> Refusal | None:
    """Refused where the instant of an approval has no offset, or lies in the future."""
    if at.tzinfo is None:
        return Refusal(
            "RNG-GOV-010", "`approved_at` has no offset from UTC.", "delete the file and run `ringi approve` again.", "approved_at"
        )
    if at > utc(now) + CLOCK_SKEW:
        message = f"`approved_at` is {at.isoformat()}, which is in the future (now: {utc(now).isoformat(timespec='seconds')})."
        return Refusal(
            "RNG-GOV-010", message, "set the clock of the machine, delete the file and run `ringi approve` again.", "approved_at"
        )
    return None


def holds_side(approval: Claim, person: Person) -> Refusal | None:
    """The person holds the side now and did then, or held it then and has changed sides since."""
    at, side = approval.approved_at, approval.side
    if side in person.sides and within(at, person.valid_from, person.valid_until):
        return None
    if any(held.side is side and within(at, held.valid_from, held.valid_until) for held in person.earlier_sides):
        return None
    windows = [span(person.valid_from, person.valid_until)] if side in person.sides else []
    windows += [span(held.valid_from, held.valid_until) for held in person.earlier_sides if held.side is side]
    if windows:
        message = f"`{approval.person}` does not hold the {side.value} side at {shown(at)}; people.yaml says {', and '.join(windows)}."
        return Refusal("RNG-GOV-005", message, "ask a person who holds the side at present.", "side")
    held = " and ".join(f"`{each.value}`" for each in person.sides) or "none"
    message = f"`{approval.person}` may not turn the {side.value} key; sides held: {held}."
    return Refusal("RNG-GOV-005", message, f"ask a person of the {side.value} side, or add the side in people.yaml.", "side")


def _proposer(approval: Approval, covered: Meaning) -> Refusal | None:
    if covered.logic.others.get("proposer") != approval.person:
        return None
    message = f"`{approval.person}` proposes `{approval.metric}` and may turn neither of its keys."
    return Refusal("RNG-GOV-012", message, "ask somebody who did not write the change.")


def _hearing(catalog: Catalog, approval: Approval, covered: Meaning) -> Refusal | None:
    name = covered.business.get("hearing")
    hint = "record the hearing in `hearings/`, with somebody of each side, and name it in the metric's `hearing`."
    if name is None:
        return Refusal("RNG-GOV-013", f"`{approval.metric}` names no hearing.", hint, "meaning")
    hearing = catalog.hearings.get(str(name))
    if hearing is None:
        # A hearing whose file has a fault at present was there when the key was turned: an unreadable record takes no number away.
        return (
            None
            if catalog.is_broken("hearing", str(name))
            else Refusal("RNG-GOV-013", f"The hearing `{name}` of `{approval.metric}` does not exist.", hint, "meaning")
        )
    if approval.metric not in hearing.metrics:
        return Refusal("RNG-GOV-013", f"The hearing `{name}` was not about `{approval.metric}`.", hint, "meaning")
    missing = sorted(side.value for side in BOTH_SIDES - {attendee.side for attendee in hearing.attendees})
    if missing:
        return Refusal(
            "RNG-GOV-013",
            f"Nobody of the {' and '.join(missing)} side attended the hearing `{name}` of `{approval.metric}`.",
            hint,
            "meaning",
        )
    if hearing.outcome == "rejected":
        return Refusal(
            "RNG-GOV-013",
            f"The hearing `{name}` rejected `{approval.metric}`.",
            "hear the business again, and name the new hearing.",
            "meaning",
        )
    return None
