"""Public keys of passkeys: COSE keys, read from exactly the bytes that WebAuthn defines and no others.

A COSE key is a CBOR map from small numbers to numbers and byte strings; nothing else of CBOR is read here. ES256 (P-256),
EdDSA (Ed25519) and RS256 are the three kinds that devices make. Used by `passkey`; pure, touches no file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from governance.keys.public_key import LEAST_RSA_BITS, UnusableKeyError, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable

KIND, ALGORITHM = 1, 3
EC2, OKP, RSA = 2, 1, 3
"""Values of KIND."""
ES256, EDDSA, RS256 = -7, -8, -257
"""Values of ALGORITHM, best first: what the page asks a device for."""
P256, ED25519 = 1, 6
"""Values of the curve, at key -1."""
LONGEST = 1100
"""Bytes; an RSA key of 8192 bits fits."""


@dataclass(frozen=True)
class CoseKey:
    """One public key of a passkey."""

    mark: str
    """Tells whether two keys are one, whatever format they are written in."""
    _verify: Callable[[bytes, bytes], None] = field(compare=False, repr=False)

    def made(self, raw: bytes, text: bytes) -> bool:
        """Whether this key made the signature `raw` over the text."""
        try:
            self._verify(raw, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@lru_cache(maxsize=4096)
def read(raw: bytes) -> CoseKey:
    """The key of COSE bytes; raises UnusableKeyError, which says why."""
    facts = _facts(raw)
    try:
        match facts.get(KIND), facts.get(ALGORITHM):
            case (2, -7):
                return _es256(facts)
            case (1, -8):
                return _eddsa(facts)
            case (3, -257):
                return _rs256(facts)
    except (ValueError, TypeError) as error:
        if isinstance(error, UnusableKeyError):
            raise
        raise UnusableKeyError("its numbers are no key") from error
    raise UnusableKeyError("it is of an unknown kind; expected ES256, EdDSA or RS256")


def _es256(facts: dict[int, int | bytes]) -> CoseKey:
    if facts.get(-1) != P256:
        raise UnusableKeyError("its curve is not P-256")
    x, y = _bytes(facts, -2, 32), _bytes(facts, -3, 32)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    return CoseKey(mark_of(key), lambda raw, text: key.verify(raw, text, ec.ECDSA(hashes.SHA256())))


def _eddsa(facts: dict[int, int | bytes]) -> CoseKey:
    if facts.get(-1) != ED25519:
        raise UnusableKeyError("its curve is not Ed25519")
    key = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(facts, -2, 32))
    return CoseKey(mark_of(key), key.verify)


def _rs256(facts: dict[int, int | bytes]) -> CoseKey:
    modulus, exponent = (int.from_bytes(_bytes(facts, name), "big") for name in (-1, -2))
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if key.key_size < LEAST_RSA_BITS:
        raise UnusableKeyError(f"it is an RSA key of {key.key_size} bits; expected at least {LEAST_RSA_BITS}")
    return CoseKey(mark_of(key), lambda raw, text: key.verify(raw, text, padding.PKCS1v15(), hashes.SHA256()))


def _bytes(facts: dict[int, int | bytes], name: int, length: int | None = None) -> bytes:
    found = facts.get(name)
    if not isinstance(found, bytes) or (length is not None and len(found) != length):
        raise UnusableKeyError("a part of it is missing or has the wrong length")
    return found


def _facts(raw: bytes) -> dict[int, int | bytes]:
    """The whole map; raises UnusableKeyError where the bytes are anything else, or go on after it."""
    if len(raw) > LONGEST:
        raise UnusableKeyError("it is too long")
    reader = _Reader(raw)
    facts = reader.map()
    if reader.at != len(raw):
        raise UnusableKeyError("bytes follow after its end")
    return facts


def end_of_map(raw: bytes) -> int:
    """Where a COSE key that begins the bytes ends: what a device sends at registration may hold more after it."""
    reader = _Reader(raw)
    reader.map()
    return reader.at


class _Reader:
    """Reads the few kinds of CBOR values that a COSE key is made of."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.at = raw, 0

    def map(self) -> dict[int, int | bytes]:
        kind, count = self._head()
        if kind != 5 or count > 16:
            raise UnusableKeyError("it is no COSE key")
        facts: dict[int, int | bytes] = {}
        for _ in range(count):
            name = self._value()
            if not isinstance(name, int) or name in facts:
                raise UnusableKeyError("it is no COSE key")
            facts[name] = self._value()
        return facts

    def _value(self) -> int | bytes:
        kind, number = self._head()
        if kind == 0:
            return number
        if kind == 1:
            return -1 - number
        if kind == 2:
            return self._take(number)
        raise UnusableKeyError("it is no COSE key")

    def _head(self) -> tuple[int, int]:
        first = self._take(1)[0]
        kind, size = first >> 5, first & 31
        if size < 24:
            return kind, size
        if size > 26:
            raise UnusableKeyError("it is no COSE key")
        return kind, int.from_bytes(self._take(1 << (size - 24)), "big")

    def _take(self, count: int) -> bytes:
        found = self._raw[self.at : self.at + count]
        if len(found) != count:
            raise UnusableKeyError("it ends too early")
        self.at += count
        return found
