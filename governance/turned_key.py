"""Whether one turned key counts: the rules of who may turn it, and the checks of one approval file.

The rules are asked twice with the same code: by `approve` before a file is written, and by the gate for each file at each
run, so that a file made by any other means counts only if `approve` would have written it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from governance import keys, public_key
from governance.meaning_store import DamagedMeaningError, MeaningStore, MissingMeaningError
from governance.public_key import PublicKey, UnusableKeyError
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.finding import did_you_mean
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.person import Person

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may differ before an approval counts as made in the future."""

OTHER_SIDE = {Side.TECH: Side.BUSINESS, Side.BUSINESS: Side.TECH}
BOTH_SIDES = frozenset(Side)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key does not count: a finding's code, one sentence, what to do, and the approval's field that shows it."""

    code: str
    message: str
    hint: str
    field: str = "person"


@dataclass(frozen=True, slots=True)
class TurnedKey:
    """An approval that counts, with the meaning it covers and the SSH key that signed it."""

    approval: Approval
    meaning: Meaning
    key: PublicKey

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
    if refused := _time(approval.approved_at, now):
        return refused
    try:
        key = keys.verify(approval.signed_text(), approval.signature, NAMESPACE)
    except keys.SignatureError as error:
        hint = "delete the file and run `ringi approve` again; never edit it."
        return Refusal("RNG-GOV-001" if error.readable else "RNG-GOV-002", f"The signature does not count: {error}.", hint, "signature")
    return rules(catalog, approval, covered, key) or TurnedKey(approval, covered, key)


def rules(catalog: Catalog, approval: Approval, covered: Meaning, key: PublicKey) -> Refusal | None:
    """Whether this person may turn this key over this meaning at that time; None means yes. The signature is not asked."""
    person = catalog.people.get(approval.person)
    if person is None:
        near = did_you_mean(approval.person, catalog.people)
        return Refusal(
            "RNG-GOV-004",
            f"There is no person `{approval.person}` in people.yaml.",
            near or "add the person to people.yaml, with sides and a public key.",
        )
    return (
        _side(approval, person)
        or _registered(approval, person, key)
        or _proposer(approval, covered)
        or _hearing(catalog, approval, covered)
    )


def one_person(first: TurnedKey, approval: Approval, key: PublicKey) -> Refusal | None:
    """Refused where the other side's key was turned by the same person or the same SSH key."""
    other = first.approval
    if other.person == approval.person:
        message = f"`{approval.person}` has turned the {other.side.value} key over this meaning; the {approval.side.value} key needs another person."
        return Refusal("RNG-GOV-011", message, f"ask somebody else of the {approval.side.value} side.")
    if first.key == key:
        message = f"`{approval.person}` signs with the same SSH key as `{other.person}`, who turned the {other.side.value} key; the two need different keys."
        return Refusal(
            "RNG-GOV-011", message, "make a key of your own with `ssh-keygen -t ed25519` and register it in people.yaml.", "signature"
        )
    return None


def utc(instant: datetime) -> datetime:
    """The instant in UTC; one written without an offset is meant in UTC."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _time(at: datetime, now: datetime) -> Refusal | None:
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


def _side(approval: Approval, person: Person) -> Refusal | None:
    if approval.side not in person.sides:
        held = " and ".join(f"`{side.value}`" for side in person.sides) or "none"
        message = f"`{approval.person}` may not turn the {approval.side.value} key; sides held: {held}."
        return Refusal("RNG-GOV-005", message, f"ask a person of the {approval.side.value} side, or add the side in people.yaml.", "side")
    if not _within(approval.approved_at, person.valid_from, person.valid_until):
        message = f"`{approval.person}` does not hold the {approval.side.value} side at {_shown(approval.approved_at)}; people.yaml says {_span(person.valid_from, person.valid_until)}."
        return Refusal("RNG-GOV-005", message, "ask a person who holds the side at present.", "side")
    return None


def _registered(approval: Approval, person: Person, key: PublicKey) -> Refusal | None:
    known = [entry for entry in person.keys if _key_of(entry.public_key) == key]
    if not known:
        message = f"The key {key.fingerprint} is not registered for `{approval.person}`."
        return Refusal(
            "RNG-GOV-006", message, f"sign with a key of `{approval.person}`, or add its public key to people.yaml.", "signature"
        )
    if not any(_within(approval.approved_at, entry.valid_from, entry.valid_until) for entry in known):
        entry = known[-1]
        message = f"The key {key.fingerprint} of `{approval.person}` does not count at {_shown(approval.approved_at)}; people.yaml says {_span(entry.valid_from, entry.valid_until)}."
        return Refusal("RNG-GOV-007", message, "sign again with a key that is valid now.", "signature")
    return None


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


@lru_cache(maxsize=4096)
def _key_of(text: str) -> PublicKey | None:
    try:
        return public_key.from_text(text)
    except UnusableKeyError:
        return None  # no signature can be of a key that cannot be read; the rules of people.yaml name it


def _within(instant: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or utc(start) <= instant) and (end is None or instant < utc(end))


def _span(start: datetime | None, end: datetime | None) -> str:
    return " ".join(part for part in (start and f"from {_shown(start)}", end and f"until {_shown(end)}") if part)


def _shown(instant: datetime) -> str:
    return utc(instant).isoformat(timespec="seconds").replace("+00:00", "Z")
