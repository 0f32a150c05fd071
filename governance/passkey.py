"""Checks what a passkey answered: that this very approval was put to it, on a page of the right host, with a person there.

Decided offline from the approval and people.yaml. A passkey signs what the device says (which host, was a person there and
recognised) and what the browser says (which challenge, which page); each is asked here before the signature over both.

The sign counter is not asked. It would show a copied passkey only to a server that keeps the last count; files in git can
arrive in any order, passkeys that a person's devices share always say 0, and a record must not depend on other records.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from governance import cose_key, credential
from governance.public_key import UnusableKeyError
from governance.refusal import Refusal

if TYPE_CHECKING:
    from governance.credential import Credential
    from metrics_catalog.approval import Approval, PasskeyAssertion
    from metrics_catalog.person import Passkey, Person

USER_PRESENT, USER_VERIFIED = 0x01, 0x04
"""Flags of the device: somebody touched it; it recognised its owner by PIN, finger or face."""
HEADER = 37
"""Bytes at least: a hash of the host name (32), the flags (1), the sign counter (4)."""
AGAIN = "delete the file and approve again on the page; an approval file is never edited."


@dataclass(frozen=True, slots=True)
class _Answer:
    """The parts of an assertion, decoded."""

    device: bytes
    browser: bytes
    said: dict[str, object]
    signature: bytes


class _UnreadableError(ValueError):
    """A part of an assertion cannot be read; the text says which."""


def check_assertion(approval: Approval, person: Person) -> Credential | Refusal:
    """The passkey of the person that turned this key, or why the answer does not count."""
    given = approval.passkey
    if given is None:
        raise ValueError("an approval by passkey holds an assertion")
    try:
        answer = _read(given)
    except _UnreadableError as error:
        return Refusal("RNG-GOV-063", f"The passkey's answer cannot be read: {error}.", AGAIN, "passkey")
    known = [entry for entry in person.passkeys if entry.credential_id == given.credential_id]
    if not known:
        message = f"The passkey {given.credential_id} is not registered for `{approval.person}`."
        hint = f"register it with `ringi passkey {approval.person}` and add the printed lines to people.yaml."
        return Refusal("RNG-GOV-006", message, hint, "passkey")
    results = [_by(entry, approval, answer) for entry in known]
    return next((result for result in results if not isinstance(result, Refusal)), results[0])


def _by(entry: Passkey, approval: Approval, answer: _Answer) -> Credential | Refusal:
    try:
        key = cose_key.read(decoded(entry.public_key))
    except (UnusableKeyError, binascii.Error) as error:
        message = f"The public key of the passkey {entry.credential_id} of `{approval.person}` cannot be used: {error}."
        hint = f"register the passkey again with `ringi passkey {approval.person}`."
        return Refusal("RNG-GOV-069", message, hint, "passkey")
    if refused := _challenge(approval, answer) or _host(entry, answer) or _presence(approval, answer):
        return refused
    if not key.made(answer.signature, answer.device + hashlib.sha256(answer.browser).digest()):
        return Refusal("RNG-GOV-067", "The passkey's signature does not fit what device and browser said.", AGAIN, "passkey")
    return credential.of_passkey(entry.credential_id, key.mark)


def _challenge(approval: Approval, answer: _Answer) -> Refusal | None:
    if answer.said.get("type") != "webauthn.get":
        message = "The passkey's answer was not given to approve something: its type is not `webauthn.get`."
        return Refusal("RNG-GOV-064", message, AGAIN, "passkey")
    if answer.said.get("challenge") == encoded(approval.challenge()):
        return None
    message = "The passkey was asked about another approval: metric, side, person, meaning or time differ from what stands here."
    return Refusal("RNG-GOV-064", message, AGAIN, "passkey")


def _host(entry: Passkey, answer: _Answer) -> Refusal | None:
    origin = answer.said.get("origin")
    shown = f"`{origin[:100]}`" if isinstance(origin, str) else "no origin"
    if answer.device[:32] != hashlib.sha256(entry.rp_id.encode()).digest():
        message = f"The passkey answered for another host than `{entry.rp_id}`, for which people.yaml registers it."
    elif not isinstance(origin, str) or not is_page_of(origin, entry.rp_id):
        message = f"The passkey answered on a page that is not of `{entry.rp_id}`: {shown}."
    elif answer.said.get("crossOrigin") not in (None, False) or "topOrigin" in answer.said:
        message = "The passkey answered inside a page of somebody else's."
    else:
        return None
    return Refusal("RNG-GOV-065", message, "approve again, on the page that `ringi approve --page` opens.", "passkey")


def _presence(approval: Approval, answer: _Answer) -> Refusal | None:
    flags = answer.device[32]
    if flags & USER_PRESENT and flags & USER_VERIFIED:
        return None
    missing = "recognise its owner by PIN, finger or face" if flags & USER_PRESENT else "see that somebody was there"
    message = f"The device did not {missing}, so this may not be `{approval.person}`."
    return Refusal("RNG-GOV-066", message, "approve again with a device that asks for PIN, finger or face.", "passkey")


def is_page_of(origin: str, rp_id: str) -> bool:
    """Whether an origin such as `https://ringi.example.com` belongs to a host; plain http only on the machine itself."""
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if origin != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        return False
    is_local = host == "localhost" or host.endswith(".localhost")
    return (parts.scheme == "https" or (parts.scheme == "http" and is_local)) and (host == rp_id or host.endswith(f".{rp_id}"))


def _read(given: PasskeyAssertion) -> _Answer:
    device, browser = _part("authenticator_data", given.authenticator_data), _part("client_data_json", given.client_data_json)
    signature = _part("signature", given.signature)
    if len(device) < HEADER:
        raise _UnreadableError("`authenticator_data` ends too early")
    try:
        said = json.loads(browser)
    except (ValueError, RecursionError) as error:
        raise _UnreadableError("`client_data_json` is no JSON") from error
    if not isinstance(said, dict):
        raise _UnreadableError("`client_data_json` holds no fields")
    return _Answer(device, browser, said, signature)


def _part(name: str, text: str) -> bytes:
    try:
        return decoded(text)
    except binascii.Error as error:
        raise _UnreadableError(f"`{name}` is not base64url") from error


def decoded(text: str) -> bytes:
    """Bytes from base64url without `=`; raises binascii.Error."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encoded(raw: bytes) -> str:
    """Bytes as base64url without `=`."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
