"""Reads the definitions of one kind into models by name, with findings for what is not as it should be.

Used by `catalog.load`. A folder holds one definition a file; a book (`countries.yaml`, `people.yaml`) holds all of a kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from metrics_catalog.canonical_json import nfc
from metrics_catalog.country import Countries
from metrics_catalog.finding import Finding, Place
from metrics_catalog.person import People
from metrics_catalog.project_files import BOOKS, list_files
from metrics_catalog.reading import Definition, read_definitions
from metrics_catalog.yaml_io import Document, build, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from metrics_catalog.model import Model

BOOK_MODELS: dict[str, tuple[type[Model], str]] = {"country": (Countries, "countries"), "person": (People, "people")}
"""The model of each book, and the field that holds its definitions."""

ALL = "*"
"""In place of names: none of them is known, since the whole book is broken."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Models by name, the file of each, names of the definitions that are broken, and findings."""

    models: Mapping[str, Any]
    files: Mapping[str, str]
    broken: frozenset[str]
    findings: tuple[Finding, ...]


NOTHING = Loaded({}, {}, frozenset(), ())
"""A kind that was not asked for."""


def load_folder(root: Path, kind: str) -> Loaded:
    """All definitions of a kind that has one file each."""
    listing = list_files(root, kind)
    found = collect(kind, read_definitions(kind, listing.files, root))
    return replace(found, findings=(*listing.findings, *found.findings))


def collect(kind: str, definitions: Iterable[Definition]) -> Loaded:
    """Definitions of one kind by name, given in the order of their files: of two with one name the first counts."""
    findings: list[Finding] = []
    models: dict[str, Any] = {}
    files: dict[str, str] = {}
    broken: set[str] = set()
    for definition in definitions:
        findings.extend(definition.findings)
        if definition.model is None:
            broken.add(nfc(definition.path.stem))
            continue
        name = str(getattr(definition.model, kind, "")) or definition.file
        if name in files:
            findings.append(_twice(kind, name, files[name], definition.file))
            continue
        findings.extend(_misnamed(kind, definition.model, definition.path, definition.file))
        models[name], files[name] = definition.model, definition.file
    return Loaded(models, files, frozenset(broken - models.keys()), tuple(findings))


def load_book(root: Path, kind: str) -> Loaded:
    """All definitions of a kind that share one file; a broken one does not take the others with it."""
    file, (model, field) = BOOKS[kind], BOOK_MODELS[kind]
    if not (root / file).exists() and not (root / file).is_symlink():
        missing = Finding(
            "RNG-CAT-019", Place(file), f"`{file}` is missing.", f"write it; `ringi init` in an empty folder shows how `{file}` looks."
        )
        return Loaded({}, {}, frozenset({ALL}), (missing,))
    document, findings = read(root / file, root)
    if document is None:
        return Loaded({}, {}, frozenset({ALL}), findings)
    book, findings = build(model, document)
    if book is not None:
        return _book(getattr(book, field), file, frozenset(), findings)
    healthy, names = _without_faults(model, document, field)
    return _book(healthy, file, names, findings)


def _book(models: Mapping[str, Any], file: str, broken: frozenset[str], findings: tuple[Finding, ...]) -> Loaded:
    return Loaded(dict(models), dict.fromkeys(models, file), broken, findings)


def _without_faults(model: type[Model], document: Document, field: str) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The definitions of a book that can be built by themselves, and the names of the others."""
    entries = document.data.get(field)
    if not isinstance(entries, dict):
        return {}, frozenset({ALL})
    healthy: dict[str, Any] = {}
    for name, entry in entries.items():
        alone, _ = build(model, replace(document, data={field: {name: entry}}))
        if alone is not None:
            healthy |= getattr(alone, field)
    return healthy, frozenset(entries.keys() - healthy.keys())


def _misnamed(kind: str, model: Model, path: Path, file: str) -> list[Finding]:
    """The file, or an approval's folder, is called like the definition: so a reader finds it, and a diff shows a rename."""
    expected, actual = (getattr(model, "metric", ""), path.parent.name) if kind == "approval" else (getattr(model, kind), nfc(path.stem))
    if expected == actual:
        return []
    if kind == "approval":
        return [
            Finding(
                "RNG-CAT-017",
                Place(file),
                f"This approval of `{expected}` lies in the folder `{actual}`.",
                f"move it to `approvals/{expected}/`.",
            )
        ]
    message = f"The {kind} `{expected}` stands in a file called `{PurePosixPath(file).name}`."
    return [Finding("RNG-CAT-017", Place(file), message, f"rename the file to `{expected}.yaml`, or change the name in it.")]


def _twice(kind: str, name: str, first: str, file: str) -> Finding:
    return Finding(
        "RNG-CAT-018",
        Place(file),
        f"The {kind} `{name}` is defined twice; the first is in `{first}`.",
        "give one of them another name, or delete it.",
    )
