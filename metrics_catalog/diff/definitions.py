"""Every definition of a catalog as one flat list: what is paired with its other version, whatever its kind.

Made from a catalog (and from policy files, which another room reads), used by `compare`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metrics_catalog.project_files import BOOKS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.model import Model

_MISSING = "RNG-CAT-019"
"""The finding about a book that is not there."""


class Definition(NamedTuple):
    """One definition: its kind (`metric`, `country`, `policy`, …), its name within the kind, its file, and its model."""

    kind: str
    name: str
    file: str
    model: Model


class Version(NamedTuple):
    """One version of a lake project: its catalog, the definitions of rooms that the catalog does not hold, and all findings."""

    catalog: Catalog
    others: tuple[Definition, ...] = ()
    findings: tuple[Finding, ...] = ()

    def with_others(self, others: tuple[Definition, ...], findings: tuple[Finding, ...]) -> Version:
        """The same with definitions that another room reads, and the findings about them."""
        return Version(self.catalog, (*self.others, *others), (*self.findings, *findings))

    def definitions(self) -> dict[tuple[str, str], Definition]:
        """Every definition, by kind and name."""
        return {(one.kind, one.name): one for one in (*_of(self.catalog), *self.others)}

    def is_broken(self, kind: str, name: str) -> bool:
        """Whether a definition of that name is there but cannot be read; a book that is missing as a whole is not broken."""
        missing = kind in BOOKS and any(one.code == _MISSING and one.place.file == BOOKS[kind] for one in self.findings)
        return not missing and self.catalog.is_broken(kind, name)

    def faults(self, files: Collection[str]) -> dict[str, Finding]:
        """The first fault of each of these files that keeps it, or an entry of a book, from being read."""
        read = {one.file for one in (*_of(self.catalog), *self.others)} - set(BOOKS.values())
        found: dict[str, Finding] = {}
        for finding in self.findings:
            if finding.blocks and finding.code != _MISSING and finding.place.file in files and finding.place.file not in read:
                found.setdefault(finding.place.file, finding)
        return found


def _of(catalog: Catalog) -> Iterator[Definition]:
    for kind, models in (
        ("metric", catalog.metrics),
        ("source", catalog.sources),
        ("dimension", catalog.dimensions),
        ("view", catalog.views),
        ("hearing", catalog.hearings),
        ("country", catalog.countries),
        ("person", catalog.people),
    ):
        for name, model in models.items():
            yield Definition(kind, name, BOOKS.get(kind) or catalog.files[kind, name], model)
    for metric, approvals in catalog.approvals.items():
        for position, approval in enumerate(approvals):
            file = catalog.files["approval", f"{metric}/{position}"]
            yield Definition("approval", file, file, approval)
