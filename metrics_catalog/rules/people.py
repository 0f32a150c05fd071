"""People: whoever holds a side has something to turn its key with, and no two people share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.rules.common import At, found, listed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.person import Person

Held = tuple[At, str, str]
"""Where something that turns keys is listed, what people call it, and what makes two of them one."""


def keys_shared_or_missing(catalog: Catalog) -> Iterator[Finding]:
    """A key, passkey or account belongs to one person, else one could stamp for two; a person with a side has one."""
    owner: dict[str, str] = {}
    for name, person in catalog.people.items():
        at = At("person", name)
        if person.sides and not (person.keys or person.passkeys or person.github):
            message = f"`{name}` may stamp for {listed(person.sides)} but holds no key."
            hint = (
                "add an SSH public key to `keys`, a passkey with `ringi passkey register`, or the `github` login; or take the sides away."
            )
            yield found(catalog, "RNG-CAT-091", at / "sides", message, hint, severity=Severity.WARNING)
        for place, kind, mark in _held(person, at):
            if owner.setdefault(mark, name) != name:
                message = f"`{name}` holds the same {kind} as `{owner[mark]}`; one person could stamp for both."
                yield found(catalog, "RNG-CAT-093", place, message, "each person makes a key of the own.")


def _held(person: Person, at: At) -> Iterator[Held]:
    for position, key in enumerate(person.keys):
        yield at / "keys" / position / "public_key", "key", " ".join(key.public_key.split()[:2])
    for position, passkey in enumerate(person.passkeys):
        place = at / "passkeys" / position
        yield place / "credential_id", "passkey", f"passkey {passkey.credential_id}"
        yield place / "public_key", "passkey", f"passkey key {passkey.public_key}"
    for position, account in enumerate(person.github_accounts):
        place = at / "github" if isinstance(person.github, str) else at / "github" / position / "login"
        yield place, "GitHub account", f"github {account.login.lower()}"


def validity_of_people(catalog: Catalog) -> Iterator[Finding]:
    """What ends, ends after it begins; instants say their offset from UTC."""
    for name, person in catalog.people.items():
        at = At("person", name)
        yield from _validity(catalog, person.valid_from, person.valid_until, at)
        for position, held in enumerate(person.earlier_sides):
            yield from _validity(catalog, held.valid_from, held.valid_until, at / "earlier_sides" / position)
        accounts = () if isinstance(person.github, str) else person.github_accounts
        for field, entries in (("keys", person.keys), ("passkeys", person.passkeys), ("github", accounts)):
            for position, entry in enumerate(entries):
                place = at / field / position
                yield from _validity(catalog, entry.valid_from, entry.valid_until, place)
                yield from _offset(catalog, "revoked_at", entry.revoked_at, place)


def _validity(catalog: Catalog, start: dt.datetime | None, end: dt.datetime | None, at: At) -> Iterator[Finding]:
    naive = [*_offset(catalog, "valid_from", start, at), *_offset(catalog, "valid_until", end, at)]
    yield from naive
    if not naive and start is not None and end is not None and end <= start:
        message = f"`valid_until` of `{at.name}` is not after `valid_from`."
        yield found(catalog, "RNG-CAT-092", at / "valid_until", message, "mend one of the two.")


def _offset(catalog: Catalog, field: str, instant: dt.datetime | None, at: At) -> Iterator[Finding]:
    if instant is not None and instant.tzinfo is None:
        message = f"`{field}` of `{at.name}` does not say its offset from UTC."
        yield found(catalog, "RNG-CAT-092", at / field, message, "end it with `Z` or `+09:00`.")
