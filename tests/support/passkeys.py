"""A passkey in memory: does what a device and a browser do, for tests that need no browser."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from governance.keys.passkey_answer import encoded
from metrics_catalog.approval import Approval, Method, PasskeyAssertion

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "http://localhost:53123"
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PRESENT, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


def cbor(value: Any) -> bytes:
    """The few CBOR values that a COSE key has, written the short way that devices use."""
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(cbor(name) + cbor(each) for name, each in value.items())
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    size = 1 if number < 1 << 8 else 2 if number < 1 << 16 else 4
    return bytes([kind << 5 | {1: 24, 2: 25, 4: 26}[size]]) + number.to_bytes(size, "big")


@cache
def private_key(kind: str, which: int = 0) -> PrivateKey:
    """A private key of a kind; the same in all tests of a run."""
    if kind == "es256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if kind == "eddsa" else rsa.generate_private_key(65537, 2048)


def cose(kind: str, key: Any) -> bytes:
    """The public half as COSE bytes."""
    public = key.public_key()
    if kind == "es256":
        numbers = public.public_numbers()
        return cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
    if kind == "eddsa":
        return cbor({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
    numbers = public.public_numbers()
    return cbor({1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")})


@dataclass(frozen=True)
class Device:
    """One passkey; the fields that a test changes are what the device or the browser would say differently."""

    kind: str = "es256"
    which: int = 0
    rp_id: str = "localhost"
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def credential_id(self) -> bytes:
        return hashlib.sha256(f"{self.kind} {self.which}".encode()).digest()[:16]

    @property
    def _key(self) -> PrivateKey:
        return private_key(self.kind, self.which)

    @property
    def cose(self) -> bytes:
        return cose(self.kind, self._key)

    @property
    def entry(self) -> dict[str, Any]:
        """Its entry in people.yaml."""
        return {"credential_id": encoded(self.credential_id), "public_key": encoded(self.cose), "rp_id": self.rp_id}

    def answer(self, challenge: bytes) -> PasskeyAssertion:
        """What comes back from `navigator.credentials.get`."""
        device, browser = self._device(self.flags), self._browser("webauthn.get", challenge)
        signature = self._sign(device + hashlib.sha256(browser).digest())
        return PasskeyAssertion(
            credential_id=encoded(self.credential_id),
            authenticator_data=encoded(device),
            client_data_json=encoded(browser),
            signature=encoded(signature),
        )

    def made(self, challenge: bytes) -> tuple[str, str]:
        """Authenticator data and client data of `navigator.credentials.create`."""
        new = b"\0" * 16 + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.cose
        return encoded(self._device(self.flags | NEW_KEY) + new), encoded(self._browser("webauthn.create", challenge))

    def approved(self, approval: Approval) -> Approval:
        """The approval with this passkey's answer to its challenge."""
        asked = approval.model_copy(update={"method": Method.PASSKEY, "signature": None})
        return asked.model_copy(update={"passkey": self.answer(asked.challenge())})

    def but(self, **changes: Any) -> Device:
        """The same passkey, used differently."""
        return replace(self, **changes)

    def _device(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _browser(self, kind: str, challenge: bytes) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": encoded(challenge), "origin": self.origin, "crossOrigin": False, **self.said}
        ).encode()

    def _sign(self, text: bytes) -> bytes:
        key = self._key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(text, ec.ECDSA(hashes.SHA256()))
        return key.sign(text) if isinstance(key, ed25519.Ed25519PrivateKey) else key.sign(text, padding.PKCS1v15(), hashes.SHA256())
