"""SSH public keys: read, named by fingerprint, and asked whether they made a signature.

Ed25519, ECDSA (the three NIST curves) and RSA of at least 2048 bits, whose signatures OpenSSH makes by default. Keys are
parsed once and kept, because one key checks thousands of approvals.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from governance.keys.sshsig_format import FormatError, Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

LEAST_RSA_BITS = 2048
CURVE_HASHES: dict[str, hashes.HashAlgorithm] = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
RSA_HASHES: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}


class UnusableKeyError(ValueError):
    """The text is no public key that Ringi can check with; the text says why."""


@dataclass(frozen=True)
class PublicKey:
    """One public key. Two keys are equal when their bytes are."""

    blob: bytes
    mark: str = field(compare=False, repr=False)
    """Tells whether two keys are one, whatever format they are written in: an SSH line or a passkey."""
    _check: Callable[[str, bytes, bytes], None] = field(compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it: `SHA256:…`."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def made(self, algorithm: str, raw: bytes, text: bytes) -> bool:
        """Whether this key made the signature `raw` over the text by the named algorithm."""
        try:
            self._check(algorithm, raw, text)
        except (InvalidSignature, FormatError, ValueError):
            return False
        return True


def from_text(text: str) -> PublicKey:
    """The key of a line such as `ssh-ed25519 AAAA… comment`; raises UnusableKeyError."""
    kind, *rest = text.split(maxsplit=2) or [""]
    try:
        blob = base64.b64decode(rest[0].encode("ascii"), validate=True)
    except (IndexError, UnicodeEncodeError, binascii.Error) as error:
        raise UnusableKeyError("it is not written as in a `.pub` file: `ssh-ed25519 AAAA…`") from error
    return from_blob(blob, kind)


@cache
def from_blob(blob: bytes, kind: str | None = None) -> PublicKey:
    """The key of SSH's own bytes; `kind` is what its line says it is. Raises UnusableKeyError."""
    try:
        named = Reader(blob).string().decode("ascii")
        if kind not in (None, named):
            raise UnusableKeyError(f"it says that it is `{kind}`, but its bytes say `{named[:40]}`")
        key = load_ssh_public_key(named.encode() + b" " + base64.b64encode(blob))
    except UnsupportedAlgorithm as error:
        raise UnusableKeyError(
            f"keys of type `{named[:40]}` are not supported; expected ssh-ed25519, ecdsa-sha2-nistp256/384/521 or ssh-rsa"
        ) from error
    except UnusableKeyError:
        raise
    except (FormatError, ValueError, NotImplementedError, OverflowError) as error:
        raise UnusableKeyError("its bytes are damaged") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(blob, mark_of(key), _ed25519(key))
    if isinstance(key, ec.EllipticCurvePublicKey):
        return PublicKey(blob, mark_of(key), _ecdsa(key, named))
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < LEAST_RSA_BITS:
            raise UnusableKeyError(f"it is an RSA key of {key.key_size} bits; expected at least {LEAST_RSA_BITS}")
        return PublicKey(blob, mark_of(key), _rsa(key))
    raise UnusableKeyError(f"keys of type `{named[:40]}` are not supported; expected ssh-ed25519, ecdsa-sha2-nistp256/384/521 or ssh-rsa")


def mark_of(key: PublicKeyTypes) -> str:
    """The mark of a public key: equal for equal keys, whatever format they came in."""
    return "key:" + hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _ed25519(key: ed25519.Ed25519PublicKey) -> Callable[[str, bytes, bytes], None]:
    def check(algorithm: str, raw: bytes, text: bytes) -> None:
        _expect(algorithm == "ssh-ed25519")
        key.verify(raw, text)

    return check


def _ecdsa(key: ec.EllipticCurvePublicKey, named: str) -> Callable[[str, bytes, bytes], None]:
    def check(algorithm: str, raw: bytes, text: bytes) -> None:
        _expect(algorithm == named)
        reader = Reader(raw)
        r, s = reader.string(), reader.string()
        reader.end()
        numbers = [int.from_bytes(number, "big", signed=True) for number in (r, s)]
        _expect(all(number > 0 for number in numbers))
        key.verify(encode_dss_signature(*numbers), text, ec.ECDSA(CURVE_HASHES[key.curve.name]))

    return check


def _rsa(key: rsa.RSAPublicKey) -> Callable[[str, bytes, bytes], None]:
    def check(algorithm: str, raw: bytes, text: bytes) -> None:
        _expect(algorithm in RSA_HASHES)
        key.verify(raw, text, padding.PKCS1v15(), RSA_HASHES[algorithm])

    return check


def _expect(holds: bool) -> None:
    if not holds:
        raise FormatError("the signature is not of its key's kind")
