"""A passkey in memory, for tests: answers a challenge as a device and a browser do together, honestly or with faults."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED = 0x01, 0x04


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class SoftwarePasskey:
    """One ES256 passkey made for a host."""

    rp_id: str = "localhost"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def credential_id(self) -> str:
        return b64(self.credential)

    @property
    def cose(self) -> bytes:
        """The public key as COSE: a map of five entries, written by hand."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y

    @property
    def entry(self) -> dict[str, Any]:
        """Its lines in people.yaml."""
        return {"credential_id": self.credential_id, "public_key": b64(self.cose), "rp_id": self.rp_id}

    def answer(
        self, challenge: bytes, *, origin: str | None = None, rp_id: str | None = None, flags: int = USER_PRESENT | USER_VERIFIED
    ) -> dict[str, str]:
        """The field `passkey` of an approval whose challenge this is."""
        said = {"type": "webauthn.get", "challenge": b64(challenge), "origin": origin or f"https://{self.rp_id}", "crossOrigin": False}
        browser = json.dumps(said).encode()
        device = hashlib.sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + bytes(4)
        signature = self.key.sign(device + hashlib.sha256(browser).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "credential_id": self.credential_id,
            "authenticator_data": b64(device),
            "client_data_json": b64(browser),
            "signature": b64(signature),
        }
