"""Turning and checking keys: SSH signatures, made and verified without any program of OpenSSH.

`ssh-keygen -Y verify` accepts what `Signer.sign` makes, and `verify` accepts what `ssh-keygen -Y sign` makes. Made for
approvals (`metrics_catalog.approval`); a private key is only ever in the memory of the process that signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from governance.errors import GovernanceError
from governance.keys import public_key, sshsig_format
from governance.keys.public_key import CURVE_HASHES, PublicKey, UnusableKeyError
from governance.keys.sshsig_format import SshSignature, string

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST_FILE = 64 * 1024
PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SignatureError(ValueError):
    """A signature that does not count; the text says why. `readable` is False where it is no whole SSH signature at all."""

    def __init__(self, reason: str, *, readable: bool) -> None:
        super().__init__(reason)
        self.readable = readable


class Signer(Protocol):
    """Whoever holds a private key: a file, or later an agent or a hardware token."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    def sign(self, text: bytes, namespace: str) -> str:
        """Armoured SSH signature over the text."""


class PrivateKeySigner:
    """Signs with a private key held in memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self._public = public_key.from_text(self.public_line)

    @property
    def public_key(self) -> PublicKey:
        return self._public

    @property
    def public_line(self) -> str:
        """The public half as in a `.pub` file, without a comment."""
        return self._key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()

    def private_text(self) -> bytes:
        """The private half as in `id_ed25519`, without a passphrase."""
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())

    def sign(self, text: bytes, namespace: str) -> str:
        algorithm, raw = self._signed(sshsig_format.signed_bytes(text, namespace, "sha512"))
        return SshSignature(self._public.blob, namespace, "sha512", algorithm, raw).armoured()

    def _signed(self, inner: bytes) -> tuple[str, bytes]:
        key = self._key
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return "ssh-ed25519", key.sign(inner)
        if isinstance(key, rsa.RSAPrivateKey):
            return "rsa-sha2-512", key.sign(inner, padding.PKCS1v15(), hashes.SHA512())
        numbers = decode_dss_signature(key.sign(inner, ec.ECDSA(CURVE_HASHES[key.curve.name])))
        return self.public_line.split()[0], b"".join(string(_mpint(number)) for number in numbers)


def verify(text: bytes, armour: str, namespace: str) -> PublicKey:
    """The key that signed the text for this namespace; raises SignatureError. Whose key it is, is not asked here."""
    try:
        signature = sshsig_format.read(armour)
        key = public_key.from_blob(signature.public_key)
    except sshsig_format.FormatError as error:
        raise SignatureError(str(error), readable=False) from error
    except UnusableKeyError as error:
        raise SignatureError(f"its key cannot be used: {error}", readable=False) from error
    if signature.namespace != namespace:
        raise SignatureError(f"it was made for `{signature.namespace[:60]}`, not for `{namespace}`", readable=True)
    if not key.made(signature.algorithm, signature.raw, sshsig_format.signed_bytes(text, namespace, signature.hash_name)):
        raise SignatureError("it does not fit the text", readable=True)
    return key


def new_key() -> PrivateKeySigner:
    """A fresh Ed25519 key."""
    return PrivateKeySigner(ed25519.Ed25519PrivateKey.generate())


def read_private_key(path: Path, passphrase: Callable[[], str]) -> PrivateKeySigner:
    """The signer of an OpenSSH or PEM private key file. `passphrase` is asked only where the file is encrypted.

    Raises GovernanceError for a missing file, a public key, a wrong passphrase, and anything else that is no private key.
    """
    raw = _bytes_of(path)
    if raw.lstrip().startswith((b"ssh-", b"ecdsa-", b"sk-")):
        other = path.with_suffix("") if path.suffix == ".pub" else None
        raise GovernanceError(
            f"`{path}` holds a public key; a private key is needed to sign.",
            hint=f"use `--key {other}`." if other else "name the file beside it, without `.pub`.",
        )
    try:
        key = _loaded(raw, None)
    except TypeError:  # cryptography says so where a passphrase is needed and none was given
        key = _decrypted(path, raw, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_private_key(path, error) from error
    return _signer(path, key)


def _bytes_of(path: Path) -> bytes:
    if not path.is_file():
        raise GovernanceError(f"There is no key file `{path}`.", hint="name your private SSH key, such as `--key ~/.ssh/id_ed25519`.")
    if path.stat().st_size > LARGEST_FILE:
        raise GovernanceError(
            f"`{path}` is too large to be a private key.", hint="name your private SSH key, such as `--key ~/.ssh/id_ed25519`."
        )
    return path.read_bytes()


def _loaded(raw: bytes, password: bytes | None) -> object:
    if b"-----BEGIN OPENSSH PRIVATE KEY-----" in raw:
        return serialization.load_ssh_private_key(raw, password)
    return serialization.load_pem_private_key(raw, password)


def _decrypted(path: Path, raw: bytes, passphrase: Callable[[], str]) -> object:
    try:
        return _loaded(raw, passphrase().encode())
    except UnsupportedAlgorithm as error:
        hint = "write a copy without a passphrase with `ssh-keygen -p -N '' -f COPY`, sign, and delete the copy."
        raise GovernanceError(
            f"The passphrase of `{path}` cannot be used: this installation lacks the package `bcrypt`.", hint=hint
        ) from error
    except (ValueError, TypeError) as error:
        raise GovernanceError(f"The passphrase does not open `{path}`.", hint="type the passphrase of this very key.") from error


def _signer(path: Path, key: object) -> PrivateKeySigner:
    if not isinstance(key, PrivateKey):
        raise GovernanceError(
            f"`{path}` holds a key of a kind that cannot sign approvals; expected Ed25519, ECDSA or RSA.",
            hint="make one with `ssh-keygen -t ed25519`.",
        )
    try:
        return PrivateKeySigner(key)
    except UnusableKeyError as error:
        raise GovernanceError(
            f"The key in `{path}` cannot sign approvals: {error}.", hint="make one with `ssh-keygen -t ed25519`."
        ) from error


def _no_private_key(path: Path, error: Exception) -> GovernanceError:
    if "sk-" in str(error):
        return GovernanceError(
            f"`{path}` belongs to a hardware token, which cannot sign here yet.", hint="use a key made with `ssh-keygen -t ed25519`."
        )
    return GovernanceError(
        f"`{path}` is no private SSH key; expected a file that begins with `-----BEGIN OPENSSH PRIVATE KEY-----`.",
        hint="make one with `ssh-keygen -t ed25519`.",
    )


def _mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
