"""What a browser sends back from a passkey, read into parts; the same for registering one and for approving with one.

A passkey's device and the browser each say something: the device for which host it answers and whether it recognised its
owner, the browser which challenge it was given and on which page. Used by `passkey` and `passkey_registration`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40
"""Flags of the device: somebody touched it; it recognised its owner by PIN, finger or face; a new key follows."""
HEADER = 37
"""Bytes at least: a hash of the host name (32), the flags (1), the sign counter (4)."""


class UnreadableAnswerError(ValueError):
    """A part of an answer cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer: bytes of the device, bytes of the browser and what they say."""

    device: bytes
    browser: bytes
    said: dict[str, object]

    @property
    def flags(self) -> int:
        return self.device[32]

    def was_asked(self, kind: str, challenge: bytes) -> bool:
        """Whether it answers a question of this kind (`webauthn.get`, `webauthn.create`) with this challenge."""
        return self.said.get("type") == kind and self.said.get("challenge") == encoded(challenge)

    def foreign(self, rp_id: str) -> str | None:
        """Why the answer is not of a page of this host, as the end of a sentence; None where it is."""
        origin = self.said.get("origin")
        if self.device[:32] != hashlib.sha256(rp_id.encode()).digest():
            return f"for another host than `{rp_id}`, for which it is registered"
        if not isinstance(origin, str) or not is_page_of(origin, rp_id):
            shown = f"`{origin[:100]}`" if isinstance(origin, str) else "a page without an origin"
            return f"on a page that is not of `{rp_id}`: {shown}"
        if self.said.get("crossOrigin") not in (None, False) or "topOrigin" in self.said:
            return "inside a page of somebody else's"
        return None

    def unrecognised(self) -> str | None:
        """What the device did not do, as the end of a sentence; None where it recognised its owner."""
        if not self.flags & USER_PRESENT:
            return "see that somebody was there"
        return None if self.flags & USER_VERIFIED else "recognise its owner by PIN, finger or face"


def read(authenticator_data: str, client_data_json: str) -> Answer:
    """The parts of an answer from their base64url; raises UnreadableAnswerError."""
    device, browser = part("authenticator_data", authenticator_data), part("client_data_json", client_data_json)
    if len(device) < HEADER:
        raise UnreadableAnswerError("`authenticator_data` ends too early")
    try:
        said = json.loads(browser)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError("`client_data_json` is no JSON") from error
    if not isinstance(said, dict):
        raise UnreadableAnswerError("`client_data_json` holds no fields")
    return Answer(device, browser, said)


def part(name: str, text: str) -> bytes:
    """One part from its base64url; raises UnreadableAnswerError, which names it."""
    try:
        return decoded(text)
    except (binascii.Error, ValueError) as error:
        raise UnreadableAnswerError(f"`{name}` is not base64url") from error


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


def decoded(text: str) -> bytes:
    """Bytes from base64url without `=`; raises binascii.Error."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encoded(raw: bytes) -> str:
    """Bytes as base64url without `=`."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
