"""What is known today of stolen and revoked credentials, said of people as they stood in people.yaml at an earlier time.

Asked by `verify --at`: who held which side and key is read from the records of that time, but a key that was found stolen
since then proves nothing about that time either. Nothing else of today is taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from governance.keys.refusal import utc
from metrics_catalog.person import GithubAccount, Passkey, PublicKey, Registration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from metrics_catalog.person import Person

R = TypeVar("R", bound=Registration)


def with_later_revocations(then: Mapping[str, Person], today: Mapping[str, Person]) -> dict[str, Person]:
    """The people of then; each of their credentials is revoked as early, and compromised, as either of the two files says.

    A credential is known by itself, not by whose it is: one that moved to another entry takes its revocation along.
    """
    called_back: dict[str, Registration] = {}
    for person in today.values():
        for each in _all(person):
            if each.compromised or each.revoked_at is not None:
                held = called_back.get(_mark(each))
                called_back[_mark(each)] = each if held is None else _stricter(held, each)
    return {name: _person(person, called_back) for name, person in then.items()} if called_back else dict(then)


def _person(person: Person, called_back: Mapping[str, Registration]) -> Person:
    if not any(_mark(each) in called_back for each in _all(person)):
        return person
    accounts = _marked(person.github_accounts, called_back)
    return person.model_copy(
        update={
            "keys": _marked(person.keys, called_back),
            "passkeys": _marked(person.passkeys, called_back),
            "github": accounts or None,
        }
    )


def _all(person: Person) -> tuple[Registration, ...]:
    return (*person.keys, *person.passkeys, *person.github_accounts)


def _marked(held: Iterable[R], called_back: Mapping[str, Registration]) -> tuple[R, ...]:
    return tuple(_stricter(each, called_back[_mark(each)]) if _mark(each) in called_back else each for each in held)


def _mark(each: Registration) -> str:
    """What makes a credential the same in both files."""
    if isinstance(each, PublicKey):
        return "ssh " + " ".join(each.public_key.split()[:2])
    if isinstance(each, Passkey):
        return f"passkey {each.credential_id}"
    return f"github {each.login.lower()}" if isinstance(each, GithubAccount) else ""


def _stricter(one: R, other: Registration) -> R:
    return one.model_copy(
        update={"revoked_at": _earlier(one.revoked_at, other.revoked_at), "compromised": one.compromised or other.compromised}
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=utc)
