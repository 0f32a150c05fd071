"""Which files of a lake project hold definitions, and findings for those that look like definitions and are not read.

Used by the catalog. A definition is an ordinary file `*.yaml` below the folder of its kind, at any depth. Folders whose
names start with a dot, links, and the folder of approved meanings are not entered.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.finding import Finding, Place, Severity
from metrics_catalog.yaml_io import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = {
    "source": "sources",
    "dimension": "dimensions",
    "metric": "metrics",
    "view": "views",
    "hearing": "hearings",
    "approval": "approvals",
}
"""The folder of each kind of definition."""

ELSEWHERE = {"policy": "policy"}
"""Folders of definitions that another room reads (`governance.policy.policy`); not part of the catalog."""

BOOKS = {"country": "countries.yaml", "person": "people.yaml"}
"""The file that holds all definitions of a kind."""

_NOT_DEFINITIONS = (".md", ".txt", ".sql", ".csv", ".py", ".json")
_MEANT_AS_YAML = (".yml", ".yaml")
_MEANINGS = Path("approvals", "meanings")


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of one kind in the order of their paths, and findings about the others."""

    files: tuple[Path, ...]
    findings: tuple[Finding, ...]


def list_files(root: Path, kind: str) -> Listing:
    """Definitions of one kind below `root`; nothing where the folder does not exist."""
    files: list[Path] = []
    findings: list[Finding] = []
    folder = root / (FOLDERS | ELSEWHERE)[kind]
    if folder.is_symlink():
        return Listing((), (_link(folder, root),))
    for entry in _entries(folder, root, findings):
        if entry.name.endswith(".yaml") and entry.name != ".yaml":
            files.append(Path(entry.path))
        else:
            findings.extend(_not_read(entry, root))
    return Listing(tuple(sorted(files)), tuple(findings))


def _entries(folder: Path, root: Path, findings: list[Finding]) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder but folders; walks with a list, so that depth does not matter."""
    waiting = [folder] if folder.is_dir() else []
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            findings.append(
                Finding(
                    "RNG-CAT-001",
                    Place(shown(current, root)),
                    f"The folder cannot be read: {reason}.",
                    "give yourself the right to read it.",
                )
            )
            continue
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                waiting.extend([Path(entry.path)] if Path(entry.path).relative_to(root) != _MEANINGS else [])
            else:
                yield entry


def _not_read(entry: os.DirEntry[str], root: Path) -> Iterator[Finding]:
    path = Path(entry.path)
    if entry.is_symlink() and entry.is_dir():
        yield _link(path, root)
    elif path.suffix.lower() in _MEANT_AS_YAML:
        yield Finding(
            "RNG-CAT-016", Place(shown(path, root)), f"The ending `{path.suffix}` is not read; expected `.yaml`.", "rename the file."
        )
    elif path.suffix.lower() not in _NOT_DEFINITIONS:
        hint = "definitions end with `.yaml`; move other files out of this folder."
        yield Finding("RNG-CAT-016", Place(shown(path, root)), "This file is not read.", hint, Severity.WARNING)


def _link(path: Path, root: Path) -> Finding:
    return Finding(
        "RNG-CAT-002",
        Place(shown(path, root)),
        "This is a link to a folder; links are not followed.",
        "put the folder itself here, so that git holds what is approved.",
    )
