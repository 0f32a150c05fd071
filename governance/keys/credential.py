"""A credential: what a key was turned with, be it an SSH key, a passkey or a GitHub account.

Made where the evidence of an approval is checked; used to look it up in people.yaml, and to see that the two keys of a
metric were not turned with one and the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.approval import Method

if TYPE_CHECKING:
    from governance.keys.public_key import PublicKey

KINDS = {Method.SSH: "SSH key", Method.PASSKEY: "passkey", Method.GITHUB: "GitHub account"}
"""What people call a credential of each method."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential. `name` tells it apart in sentences; two that share one of their `marks` are in one hand."""

    method: Method
    name: str
    marks: frozenset[str]
    vouched_by: str | None = None
    """The mark of the key that signed for it, of a GitHub account: whoever holds that key could have written the review."""

    @property
    def kind(self) -> str:
        """What people call it."""
        return KINDS[self.method]

    def is_same(self, other: Credential) -> bool:
        """Whether the two are one: the same key bytes (also where one is an SSH key and one a passkey) or the same name; or where
        one is the key that vouches for the other.
        """
        return not self.marks.isdisjoint(other.marks) or self.vouched_by in other.marks or other.vouched_by in self.marks


def of_ssh(key: PublicKey) -> Credential:
    """The credential of an SSH key."""
    return Credential(Method.SSH, key.fingerprint, frozenset({key.mark}))


def of_passkey(credential_id: str, mark: str) -> Credential:
    """The credential of a passkey, by its id and the mark of its public key."""
    return Credential(Method.PASSKEY, credential_id, frozenset({mark, f"passkey:{credential_id}"}))


def of_github(server: str, login: str, witness: PublicKey | None = None) -> Credential:
    """The credential of a GitHub account; GitHub takes upper and lower case of a login for the same."""
    marks = frozenset({f"github:{server.rstrip('/').lower()}/{login.lower()}"})
    return Credential(Method.GITHUB, login, marks, witness.mark if witness is not None else None)
