"""The rules about who and what a policy names beside its grants: countries, identities, administrators, definers, purposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog.finding import Finding, Severity, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.policy.grant import Grant
    from governance.policy.ground import Ground
    from governance.policy.names import Entry, NamedParts

MOST_ADMINISTRATORS = 30
"""Of an account; the list of read-only administrators is another."""


def check_people(ground: Ground) -> Iterator[Finding]:
    """All findings about principals, definers and administrators."""
    yield from _countries(ground)
    yield from _identities(ground)
    yield from _administrators(ground)


def is_administrator(name: str, parts: NamedParts) -> bool:
    """Whether it is an identity or a principal of the policy."""
    return ":" in name or name.isdigit() or any(entry.name == name for entry in parts.principals)


def purpose_is_known(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A grant's purpose is one of those that the policy declares."""
    purpose, known = entry.model.purpose, {each.name for each in ground.parts.purposes}
    if purpose is not None and purpose not in known:
        hint = did_you_mean(purpose, known) or "declare it under `purposes` in a file of policy/, or take it out."
        yield Finding("RNG-GOV-082", entry.place("purpose"), f"There is no purpose `{purpose}`.", hint)


def fences(ground: Ground) -> Iterator[Finding]:
    """Grants that reach beyond the country of somebody who receives them; the fence holds all the same."""
    fenced = {entry.name: entry.model.country for entry in ground.parts.principals if entry.model.country is not None}
    for entry in ground.parts.grants:
        receivers = sorted({member for name in entry.model.to for member in ground.parts.members.get(name, ()) if member in fenced})
        for position, pattern in enumerate(entry.model.views):
            schema, country = pattern.partition(".")[0], ground.relations.schemas.get(pattern.partition(".")[0])
            outside = [name for name in receivers if schema == "*" or (country is not None and fenced[name] != country)]
            if outside:
                yield _crossed(entry, position, pattern, outside[0], str(fenced[outside[0]]))


def _crossed(entry: Entry[Grant], position: int, pattern: str, principal: str, country: str) -> Finding:
    given = f"of that it reads {country}'s only" if pattern.startswith("*") else "it reads nothing of that"
    message = f"The grant `{entry.name}` gives `{pattern}` to `{principal}`, which belongs to {country}: {given}."
    hint = f"a principal with `country: {country}` never leaves it; name its own schema, or take the country out if it looks across."
    severity = Severity.WARNING if pattern.startswith("*") else Severity.ERROR
    return Finding("RNG-GOV-081", entry.place("views", position), message, hint, severity)


def _countries(ground: Ground) -> Iterator[Finding]:
    known = set(ground.relations.schemas.values())
    for entry in ground.parts.principals:
        country = entry.model.country
        if country is not None and country not in known:
            yield _no_country(entry, ("country",), country, known, f"`{entry.name}` belongs to it, and so reads nothing")
    for definer in ground.parts.definers:
        for position, code in enumerate(() if definer.model.countries == "all" else definer.model.countries):
            if code not in known:
                yield _no_country(definer, ("countries", position), code, known, f"the definer `{definer.name}` reads nothing of it")


def _no_country(entry: Entry[Any], path: tuple[str | int, ...], code: str, known: set[str], what: str) -> Finding:
    hint = did_you_mean(code, known) or "add it to countries.yaml, or write the code of one that is there."
    return Finding("RNG-GOV-082", entry.place(*path), f"There is no country `{code}` in countries.yaml; {what}.", hint)


def _identities(ground: Ground) -> Iterator[Finding]:
    """As one identity an account knows one reader; two would read what either may."""
    first: dict[str, str] = {}
    holders: list[Entry[Any]] = [*ground.parts.principals, *ground.parts.definers]
    for entry in holders:
        for position, identity in enumerate(entry.model.identities):
            holder = first.setdefault(identity, entry.name)
            if holder != entry.name:
                message = f"`{identity}` is the identity of `{entry.name}` and of `{holder}`: whoever comes with it could read as both."
                hint = "give each an identity of its own; readers who share all of their rights are one principal or a role's members."
                yield Finding("RNG-GOV-080", entry.place("identities", position), message, hint)


def _administrators(ground: Ground) -> Iterator[Finding]:
    named = ground.parts.administrators
    principals = {entry.name for entry in ground.parts.principals}
    for each in named:
        if not is_administrator(each.name, ground.parts):
            hint = did_you_mean(each.name, principals) or "declare it under `principals`, or write its identity."
            yield Finding("RNG-GOV-082", each.place, f"The administrator `{each.name}` is no principal of the policy.", hint)
    if len({each.name for each in named}) > MOST_ADMINISTRATORS:
        message = f"There are {len(named)} administrators; an account takes {MOST_ADMINISTRATORS}."
        yield Finding("RNG-GOV-088", named[MOST_ADMINISTRATORS].place, message, "let a role of the account stand for several people.")
