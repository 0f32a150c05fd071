"""People: whoever holds a side has a key to turn, and no two people share one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.rules.common import At, found, listed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


def keys_shared_or_missing(catalog: Catalog) -> Iterator[Finding]:
    """A key belongs to one person, else one person could stamp for two; a person with a side has a key."""
    owner: dict[str, str] = {}
    for name, person in catalog.people.items():
        at = At("person", name)
        if person.sides and not person.keys:
            message = f"`{name}` may stamp for {listed(person.sides)} but holds no key."
            yield found(
                catalog,
                "RNG-CAT-091",
                at / "sides",
                message,
                "add the SSH public key to `keys`, or take the sides away.",
                severity=Severity.WARNING,
            )
        for position, key in enumerate(person.keys):
            material = " ".join(key.public_key.split()[:2])
            if owner.setdefault(material, name) != name:
                message = f"`{name}` holds the same key as `{owner[material]}`; one person could stamp for both."
                yield found(catalog, "RNG-CAT-093", at / "keys" / position / "public_key", message, "each person makes a key of the own.")


def validity_of_people(catalog: Catalog) -> Iterator[Finding]:
    """What ends, ends after it begins; instants say their offset from UTC."""
    for name, person in catalog.people.items():
        at = At("person", name)
        yield from _validity(catalog, person.valid_from, person.valid_until, at)
        for position, key in enumerate(person.keys):
            yield from _validity(catalog, key.valid_from, key.valid_until, at / "keys" / position)


def _validity(catalog: Catalog, start: dt.datetime | None, end: dt.datetime | None, at: At) -> Iterator[Finding]:
    naive = [field for field, instant in (("valid_from", start), ("valid_until", end)) if instant is not None and instant.tzinfo is None]
    for field in naive:
        yield found(
            catalog,
            "RNG-CAT-092",
            at / field,
            f"`{field}` of `{at.name}` does not say its offset from UTC.",
            "end it with `Z` or `+09:00`.",
        )
    if not naive and start is not None and end is not None and end <= start:
        yield found(
            catalog, "RNG-CAT-092", at / "valid_until", f"`valid_until` of `{at.name}` is not after `valid_from`.", "mend one of the two."
        )
