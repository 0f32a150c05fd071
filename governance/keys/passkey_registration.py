"""Registers a passkey: checks what a browser sends when one was made, and gives the entry for people.yaml.

No attestation is asked for: which make of device holds a passkey is nobody's business here. Who the person is, is decided
by those who review the change of people.yaml.
"""

from __future__ import annotations

from governance.errors import GovernanceError
from governance.keys import cose_key, passkey_answer
from governance.keys.passkey_answer import HAS_KEY, HEADER, UnreadableAnswerError, encoded
from governance.keys.public_key import UnusableKeyError
from metrics_catalog.person import Passkey

AAGUID = 16
"""Bytes that name the make of the device; not kept."""
AGAIN = "run `ringi passkey register` again; if it fails again, try another device."


def new_passkey(challenge: bytes, rp_id: str, authenticator_data: str, client_data_json: str) -> Passkey:
    """The entry of a passkey that was just made for this challenge; raises GovernanceError, which says what was wrong."""
    try:
        answer = passkey_answer.read(authenticator_data, client_data_json)
        if not answer.was_asked("webauthn.create", challenge):
            raise UnreadableAnswerError("it does not answer the question of this page")
        if where := answer.foreign(rp_id):
            raise UnreadableAnswerError(f"it was given {where}")
        if undone := answer.unrecognised():
            raise UnreadableAnswerError(f"the device did not {undone}")
        credential_id, key = _parts(answer.device, answer.flags)
        cose_key.read(key)
    except (UnreadableAnswerError, UnusableKeyError) as error:
        raise GovernanceError(f"The passkey cannot be registered: {error}.", hint=AGAIN) from error
    return Passkey(credential_id=encoded(credential_id), public_key=encoded(key), rp_id=rp_id)


def _parts(device: bytes, flags: int) -> tuple[bytes, bytes]:
    """Credential id and COSE key, which stand after the header and the make of the device."""
    start = HEADER + AAGUID + 2
    length = int.from_bytes(device[start - 2 : start], "big")
    if not flags & HAS_KEY or len(device) <= start + length or length == 0:
        raise UnreadableAnswerError("it holds no new key")
    rest = device[start + length :]
    return device[start : start + length], rest[: cose_key.end_of_map(rest)]


def entry_text(passkey: Passkey) -> str:
    """The entry as it stands in people.yaml, in one line."""
    return f'{{credential_id: "{passkey.credential_id}", public_key: "{passkey.public_key}", rp_id: {passkey.rp_id}}}'
