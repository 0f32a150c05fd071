"""The SSHSIG format: an SSH signature as a strict value, to and from its bytes and its armour.

As OpenSSH describes it in PROTOCOL.sshsig, and nothing beyond: an unknown version or hash, an unsupported algorithm, a
missing or a surplus byte is refused. Made and checked by `keys`; pure, knows no keys.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

MAGIC = b"SSHSIG"
VERSION = 1
HASHES = ("sha256", "sha512")
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
LINE = 70


class FormatError(ValueError):
    """The bytes are no SSH signature of this form; the text says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class SshSignature:
    """One signature: the public key that made it, what it was made for, and the signature proper."""

    public_key: bytes
    namespace: str
    hash_name: str
    algorithm: str
    raw: bytes

    def armoured(self) -> str:
        """The text that `ssh-keygen -Y verify` reads; ends with a line feed."""
        inner = string(self.algorithm.encode()) + string(self.raw)
        fields = (self.public_key, self.namespace.encode(), b"", self.hash_name.encode(), inner)
        blob = MAGIC + VERSION.to_bytes(4, "big") + b"".join(string(field) for field in fields)
        text = base64.b64encode(blob).decode()
        lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
        return "\n".join([BEGIN, *lines, END]) + "\n"


def read(armour: str) -> SshSignature:
    """A signature from its armour; raises FormatError."""
    reader = Reader(_unarmoured(armour))
    if reader.take(len(MAGIC)) != MAGIC:
        raise FormatError("it does not begin as an SSH signature")
    if reader.number() != VERSION:
        raise FormatError("its version is not 1")
    public_key, namespace, _reserved, hash_name, inner = (reader.string() for _ in range(5))
    reader.end()
    signature = Reader(inner)
    algorithm, raw = signature.string(), signature.string()
    signature.end()
    if _ascii(hash_name) not in HASHES:
        raise FormatError("its hash is neither sha256 nor sha512")
    return SshSignature(public_key, _ascii(namespace), _ascii(hash_name), _ascii(algorithm), raw)


def signed_bytes(text: bytes, namespace: str, hash_name: str) -> bytes:
    """What the key signs for a text: never the text alone, so that no signature made for another use fits."""
    if hash_name not in HASHES:
        raise FormatError("its hash is neither sha256 nor sha512")
    fields = (namespace.encode(), b"", hash_name.encode(), hashlib.new(hash_name, text).digest())
    return MAGIC + b"".join(string(field) for field in fields)


def string(raw: bytes) -> bytes:
    """Bytes with their length before them, as SSH writes them."""
    return len(raw).to_bytes(4, "big") + raw


class Reader:
    """Reads SSH's length-prefixed fields from bytes; raises FormatError where they end too early or too late."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def take(self, count: int) -> bytes:
        found = self._raw[self._at : self._at + count]
        if len(found) != count:
            raise FormatError("it ends too early")
        self._at += count
        return found

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def end(self) -> None:
        if self._at != len(self._raw):
            raise FormatError("bytes follow after its end")


def _unarmoured(armour: str) -> bytes:
    lines = [line.strip() for line in armour.strip().splitlines()]
    if len(lines) < 3 or lines[0] != BEGIN or lines[-1] != END:
        raise FormatError(f"it does not stand between `{BEGIN}` and `{END}`")
    try:
        return base64.b64decode("".join(lines[1:-1]).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise FormatError("its lines are not base64") from error


def _ascii(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise FormatError("a name in it is not ASCII") from error
