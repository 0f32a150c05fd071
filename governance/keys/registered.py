"""Whether a credential counts for a person at an instant: its entry in people.yaml, its time, and whether it was called back.

The instant is `approved_at`, which the person states: whoever steals a key can write an earlier one. That is why an entry
can be `compromised`, which takes away everything it ever approved, beside `revoked_at`, which is enough where the key was
only given up. Asked by `turned_key` for every method alike.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from governance.keys import public_key
from governance.keys.public_key import UnusableKeyError
from governance.keys.refusal import Refusal, shown, span, utc, within
from metrics_catalog.approval import Method

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from governance.keys.credential import Credential
    from metrics_catalog.person import Passkey, Person, Registration, Side

ADD = {
    Method.SSH: "sign with a key of `{person}`, or add its public key to people.yaml.",
    Method.PASSKEY: "register it with `ringi passkey register {person}` and add the printed lines to people.yaml.",
    Method.GITHUB: "ask for a review by the account of `{person}`, or add the login to people.yaml as `github`.",
}
AGAIN = {
    Method.SSH: "sign again with a key that is valid now.",
    Method.PASSKEY: "approve again with a passkey that is valid now.",
    Method.GITHUB: "ask for a review by an account that is valid now.",
}
FIELDS = {Method.SSH: "signature", Method.PASSKEY: "passkey", Method.GITHUB: "github"}
"""The field of an approval that holds the evidence of each method."""


class Claim(Protocol):
    """What says that a person turned a side's key at an instant: an approval of a metric, or of an access plan."""

    @property
    def person(self) -> str: ...

    @property
    def side(self) -> Side: ...

    @property
    def approved_at(self) -> datetime: ...


def registered(approval: Claim, person: Person, used: Credential) -> Refusal | None:
    """None where an entry of the person lets this credential count at the time of the approval."""
    entries = entries_of(person, used)
    field = FIELDS[used.method]
    if not entries:
        message = f"The {used.kind} {used.name} is not registered for `{approval.person}`."
        hint = ADD[used.method].format(person=approval.person)
        return Refusal("RNG-GOV-006", message, hint, field)
    return _compromised(approval, used, entries) or _in_time(approval, used, entries)


def entries_of(person: Person, used: Credential) -> Sequence[Registration]:
    """All entries of people.yaml for one credential of a person; a key may be listed twice, each time for another window."""
    match used.method:
        case Method.SSH:
            return [entry for entry in person.keys if _mark_of(entry.public_key) in used.marks]
        case Method.PASSKEY:
            return [entry for entry in person.passkeys if entry.credential_id == used.name]
        case Method.GITHUB:
            return [entry for entry in person.github_accounts if entry.login.lower() == used.name.lower()]


def usable_passkeys(person: Person, rp_id: str, now: datetime) -> tuple[Passkey, ...]:
    """The passkeys of a person that count now, on pages of one host."""
    lost = {entry.credential_id for entry in person.passkeys if entry.compromised}
    return tuple(
        entry
        for entry in person.passkeys
        if entry.rp_id == rp_id
        and entry.credential_id not in lost
        and within(now, entry.valid_from, entry.valid_until)
        and not _is_revoked(entry, now)
    )


def _compromised(approval: Claim, used: Credential, entries: Sequence[Registration]) -> Refusal | None:
    if not any(entry.compromised for entry in entries):
        return None
    message = (
        f"The {used.kind} {used.name} of `{approval.person}` is marked as compromised in people.yaml, so nothing it ever approved counts."
    )
    return Refusal("RNG-GOV-061", message, f"let `{approval.person}` approve again with a new key.", FIELDS[used.method])


def _in_time(approval: Claim, used: Credential, entries: Sequence[Registration]) -> Refusal | None:
    at = approval.approved_at
    in_window = [entry for entry in entries if within(at, entry.valid_from, entry.valid_until)]
    if any(not _is_revoked(entry, at) for entry in in_window):
        return None
    field = FIELDS[used.method]
    who = f"The {used.kind} {used.name} of `{approval.person}`"
    if in_window and (instant := in_window[-1].revoked_at) is not None:
        message = f"{who} was revoked at {shown(instant)}; this approval is of {shown(at)}."
        return Refusal("RNG-GOV-060", message, AGAIN[used.method], field)
    entry = entries[-1]
    message = f"{who} does not count at {shown(at)}; people.yaml says {span(entry.valid_from, entry.valid_until)}."
    return Refusal("RNG-GOV-007", message, AGAIN[used.method], field)


def _is_revoked(entry: Registration, at: datetime) -> bool:
    return entry.revoked_at is not None and utc(entry.revoked_at) <= utc(at)


@lru_cache(maxsize=4096)
def _mark_of(text: str) -> str | None:
    try:
        return public_key.from_text(text).mark
    except UnusableKeyError:
        return None  # no signature can be of a key that cannot be read; the rules of people.yaml name it
