"""Checks what a passkey answered: that this very approval was put to it, on a page of the right host, with its owner there.

Decided offline from the approval, of a metric or of a plan of access, and people.yaml. A passkey signs what the device says (which host, was its owner
recognised) and what the browser says (which challenge, which page); each is asked here before the signature over both.

The sign counter is not asked. It would show a copied passkey only to a server that keeps the last count; files in git can
arrive in any order, passkeys that a person's devices share always say 0, and a record must not depend on other records.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import TYPE_CHECKING, Protocol

from governance.keys import cose_key, credential, passkey_answer
from governance.keys.passkey_answer import Answer, UnreadableAnswerError, decoded
from governance.keys.public_key import UnusableKeyError
from governance.keys.refusal import Refusal

if TYPE_CHECKING:
    from governance.keys.credential import Credential
    from metrics_catalog.approval import PasskeyAssertion
    from metrics_catalog.person import Passkey, Person

AGAIN = "delete the file and approve again on the page; an approval file is never edited."
ON_THE_PAGE = "approve again, on the page that `ringi approve --page` opens."


class Answered(Protocol):
    """What a passkey answers for: an approval of a metric, or of a plan of access."""

    @property
    def person(self) -> str: ...

    @property
    def passkey(self) -> PasskeyAssertion | None: ...

    def challenge(self) -> bytes: ...


def check_assertion(approval: Answered, person: Person) -> Credential | Refusal:
    """The passkey of the person that turned this key, or why the answer does not count."""
    given = approval.passkey
    if given is None:
        raise ValueError("an approval by passkey holds an assertion")
    try:
        answer = passkey_answer.read(given.authenticator_data, given.client_data_json)
        signature = passkey_answer.part("signature", given.signature)
    except UnreadableAnswerError as error:
        return Refusal("RNG-GOV-063", f"The passkey's answer cannot be read: {error}.", AGAIN, "passkey")
    known = [entry for entry in person.passkeys if entry.credential_id == given.credential_id]
    if not known:
        message = f"The passkey {given.credential_id} is not registered for `{approval.person}`."
        hint = f"register it with `ringi passkey register {approval.person}` and add the printed lines to people.yaml."
        return Refusal("RNG-GOV-006", message, hint, "passkey")
    results = [_by(entry, approval, answer, signature) for entry in known]
    return next((result for result in results if not isinstance(result, Refusal)), results[0])


def _by(entry: Passkey, approval: Answered, answer: Answer, signature: bytes) -> Credential | Refusal:
    """What the answer is worth as one of this entry of people.yaml; a passkey may be listed twice, for two windows of time."""
    try:
        key = cose_key.read(decoded(entry.public_key))
    except (UnusableKeyError, binascii.Error) as error:
        message = f"The public key of the passkey {entry.credential_id} of `{approval.person}` cannot be used: {error}."
        hint = f"register the passkey again with `ringi passkey register {approval.person}`."
        return Refusal("RNG-GOV-069", message, hint, "passkey")
    if refused := _question(approval, answer) or _place(entry, answer) or _owner(approval, answer):
        return refused
    if not key.made(signature, answer.device + hashlib.sha256(answer.browser).digest()):
        return Refusal("RNG-GOV-067", "The passkey's signature does not fit what device and browser said.", AGAIN, "passkey")
    return credential.of_passkey(entry.credential_id, key.mark)


def _question(approval: Answered, answer: Answer) -> Refusal | None:
    if answer.was_asked("webauthn.get", approval.challenge()):
        return None
    message = "The passkey was asked about another approval: what it is for, side, person or time differ from what stands here."
    return Refusal("RNG-GOV-064", message, AGAIN, "passkey")


def _place(entry: Passkey, answer: Answer) -> Refusal | None:
    where = answer.foreign(entry.rp_id)
    return Refusal("RNG-GOV-065", f"The passkey answered {where}.", ON_THE_PAGE, "passkey") if where else None


def _owner(approval: Answered, answer: Answer) -> Refusal | None:
    undone = answer.unrecognised()
    if undone is None:
        return None
    message = f"The device did not {undone}, so this may not be `{approval.person}`."
    return Refusal("RNG-GOV-066", message, "approve again with a device that asks for PIN, finger or face.", "passkey")
