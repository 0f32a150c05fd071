"""The named parts of a policy, each with the place where it is written; what is repeated for each country is written out.

Made of the files of `policy/` by `named`; used by `policy.load` and by the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from governance.policy.definer import Definer
from governance.policy.identities import is_of_each_country
from governance.policy.principal import Principal, Role
from metrics_catalog.finding import Finding, did_you_mean
from metrics_catalog.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from governance.policy.grant import Grant, Names, PerCountry, PolicyFile
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Place
    from metrics_catalog.model import Text
    from metrics_catalog.yaml_document import Document

M = TypeVar("M", bound=Model)
CODE = "<cc>"
"""Stands for a country's code inside `per_country`."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[M]):
    """One principal, role, grant or definer: its name, its model, and the way to it in its document."""

    name: str
    model: M
    document: Document
    path: tuple[str | int, ...]
    repeated: bool = False
    """Whether it was written once for several countries."""

    def place(self, *path: str | int, offset: int | None = None) -> Place:
        """Where it stands, or where one of its fields does."""
        return self.document.place(*self.path, *path, offset=offset)

    def place_of_name(self) -> Place:
        return self.document.place_of_key(*self.path)


@dataclass(frozen=True, slots=True)
class Named:
    """One administrator or purpose, and where it is written."""

    name: str
    place: Place
    words: Text | None = None


@dataclass(frozen=True)
class NamedParts:
    """Everything that the policy names; each name once."""

    principals: tuple[Entry[Principal], ...]
    roles: tuple[Entry[Role], ...]
    grants: tuple[Entry[Grant], ...]
    definers: tuple[Entry[Definer], ...] = ()
    administrators: tuple[Named, ...] = ()
    purposes: tuple[Named, ...] = ()

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """Principals behind each name that can receive a grant: a principal itself, or the members of a role."""
        roles = {entry.name: frozenset(entry.model.members) for entry in self.roles}
        return roles | {entry.name: frozenset({entry.name}) for entry in self.principals}


def named(files: Sequence[tuple[PolicyFile, Document]], catalog: Catalog) -> tuple[NamedParts, list[Finding]]:
    """All entries of all files; of several with one name, the first stays."""
    readers: list[Entry[Any]] = []
    grants: list[Entry[Grant]] = []
    definers: list[Entry[Definer]] = []
    findings: list[Finding] = []
    for file, document in files:
        findings += [*_stray(file, document), *_countries(file, document, catalog)]
        for names, written, prefix in _parts(file, catalog):
            repeated = bool(prefix)
            readers += _entries(names.principals, written.principals, document, (*prefix, "principals"), repeated)
            readers += _entries(names.roles, written.roles, document, (*prefix, "roles"), repeated)
            grants += _entries(names.grants, written.grants, document, (*prefix, "grants"), repeated)
            definers += _entries(names.definers, written.definers, document, (*prefix, "definers"), repeated)
    kept, twice = _unique(readers, "principal or role")
    given, also_twice = _unique(grants, "grant")
    reading, more_twice = _unique(definers, "definer")
    principals = tuple(entry for entry in kept if isinstance(entry.model, Principal))
    roles = tuple(entry for entry in kept if isinstance(entry.model, Role))
    parts = NamedParts(principals, roles, given, reading, tuple(_administrators(files)), tuple(_purposes(files)))
    return parts, [*findings, *twice, *also_twice, *more_twice]


def _administrators(files: Sequence[tuple[PolicyFile, Document]]) -> Iterator[Named]:
    for file, document in files:
        for position, name in enumerate(file.administrators):
            yield Named(name, document.place("administrators", position))


def _purposes(files: Sequence[tuple[PolicyFile, Document]]) -> Iterator[Named]:
    for file, document in files:
        for name, words in file.purposes.items():
            yield Named(name, document.place_of_key("purposes", name), words)


def _parts(file: PolicyFile, catalog: Catalog) -> Iterator[tuple[Names, Names, tuple[str | int, ...]]]:
    """The file's own names and, for each country, those that are repeated: as they read, as they are written, and where."""
    yield file, file, ()
    for position, repeated in enumerate(file.per_country):
        for code in _codes(repeated, catalog):
            yield repeated.for_country(code), repeated, ("per_country", position)


def _codes(repeated: PerCountry, catalog: Catalog) -> Sequence[str]:
    if repeated.countries == "all":
        return sorted(catalog.countries)
    return [code for code in repeated.countries if code in catalog.countries]


def _entries(
    names: Mapping[str, M], written: Mapping[str, M], document: Document, path: tuple[str | int, ...], repeated: bool
) -> list[Entry[M]]:
    pairs = zip(names.items(), written, strict=True)
    return [Entry(name, model, document, (*path, as_written), repeated) for (name, model), as_written in pairs]


def _unique(entries: Sequence[Entry[M]], what: str) -> tuple[tuple[Entry[M], ...], list[Finding]]:
    """The first entry of each name, and a finding for every other."""
    first: dict[str, Entry[M]] = {}
    findings: list[Finding] = []
    for entry in entries:
        if first.setdefault(entry.name, entry) is not entry:
            message = f"The {what} `{entry.name}` stands here a second time; the first is at {first[entry.name].place_of_name()}."
            findings.append(Finding("RNG-GOV-040", entry.place_of_name(), message, "give one of them another name, or delete it."))
    return tuple(first.values()), findings


def _stray_identities(file: PolicyFile, document: Document) -> Iterator[Finding]:
    for kind in ("principals", "definers"):
        for name, model in getattr(file, kind).items():
            for position, identity in enumerate(model.identities):
                if is_of_each_country(identity):
                    message = f"`{identity}` stands for one identity a country, which it does only inside `per_country`."
                    place = document.place(kind, name, "identities", position)
                    yield Finding("RNG-GOV-043", place, message, "move it below `per_country`, or write the code.")


def _countries(file: PolicyFile, document: Document, catalog: Catalog) -> Iterator[Finding]:
    for position, repeated in enumerate(file.per_country):
        for index, code in enumerate(() if repeated.countries == "all" else repeated.countries):
            if code not in catalog.countries and not catalog.is_broken("country", code):
                place = document.place("per_country", position, "countries", index)
                hint = did_you_mean(code, catalog.countries) or "add it to countries.yaml, or take it out here."
                yield Finding("RNG-GOV-042", place, f"The country `{code}` is not in countries.yaml.", hint)


def _stray(file: PolicyFile, document: Document) -> Iterator[Finding]:
    """`<cc>` outside `per_country`, and names inside it that would be the same for every country."""
    yield from _stray_identities(file, document)
    for kind in ("principals", "roles", "grants", "definers"):
        for name in getattr(file, kind):
            if CODE in name:
                message = f"`{name}` has `{CODE}` in it, which stands for a country only inside `per_country`."
                yield Finding("RNG-GOV-043", document.place_of_key(kind, name), message, "move it below `per_country`, or write the code.")
        for position, repeated in enumerate(file.per_country):
            for name in getattr(repeated, kind):
                if CODE not in name:
                    message = f"`{name}` is repeated for each country, but its name would be the same each time."
                    place = document.place_of_key("per_country", position, kind, name)
                    yield Finding("RNG-GOV-043", place, message, f"put `{CODE}` into the name, or move it out of `per_country`.")
