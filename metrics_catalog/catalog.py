"""The catalog: every model of a lake project, read from its files, with the place of each field.

Made by `load`, which collects all findings and never stops at the first; used by every other room. Places are looked up
only when they are asked for: the file is read again then, since few fields ever have a finding.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from metrics_catalog.collection import rare_collection
from metrics_catalog.finding import Finding, Place
from metrics_catalog.loading import BOOK_MODELS, NOTHING, Loaded, load_book, load_folder
from metrics_catalog.project_files import BOOKS, FOLDERS
from metrics_catalog.yaml_io import Document, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from metrics_catalog.approval import Approval
    from metrics_catalog.country import Country
    from metrics_catalog.dimension import Dimension
    from metrics_catalog.hearing import Hearing
    from metrics_catalog.metric import Metric
    from metrics_catalog.person import Person
    from metrics_catalog.source import Source
    from metrics_catalog.view import View


@dataclass(frozen=True)
class Catalog:
    """All models by name. Broken files are missing here and present in the findings."""

    root: Path
    countries: Mapping[str, Country]
    people: Mapping[str, Person]
    sources: Mapping[str, Source]
    dimensions: Mapping[str, Dimension]
    metrics: Mapping[str, Metric]
    views: Mapping[str, View]
    hearings: Mapping[str, Hearing]
    approvals: Mapping[str, tuple[Approval, ...]] = field(default_factory=dict)
    """Approvals by metric, in the order in which they were given."""
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The file of each definition by kind and name; an approval is called `<metric>/<position in approvals[metric]>`."""
    broken: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names, by kind, of definitions that are there but could not be read; `*` where not even the names are known."""

    def place(self, kind: str, name: str, *path: str | int, offset: int | None = None) -> Place:
        """Where a field stands: `place("metric", "viewing_hours", "how", "filter")`.

        Kinds are metric, source, dimension, view, hearing, approval, country and person. `offset` counts characters within
        the text of the field, from 0. Where the field is missing, the place of what would hold it.
        """
        file = self.files.get((kind, name)) or BOOKS.get(kind)
        if file is None:
            return Place(".")
        document = _document(self.root, file)
        if document is None:
            return Place(file)
        prefix = (BOOK_MODELS[kind][1], name) if kind in BOOKS else ()
        return document.place(*prefix, *path, offset=offset)

    def is_broken(self, kind: str, name: str) -> bool:
        """Whether a definition of that name is there, but could not be read; its own findings say why."""
        broken = self.broken.get(kind, frozenset())
        return name in broken or "*" in broken


def load(root: Path, kinds: Collection[str] | None = None) -> tuple[Catalog, tuple[Finding, ...]]:
    """Read a lake project. Findings cover reading and shape; `metrics_catalog.rules.check` adds the rules between files.

    With `kinds` only these are read, as if there were no files of the others.
    """
    with rare_collection():
        return _load(root.resolve(), {*FOLDERS, *BOOKS} if kinds is None else kinds)


def _load(root: Path, kinds: Collection[str]) -> tuple[Catalog, tuple[Finding, ...]]:
    books = {kind: load_book(root, kind) if kind in kinds else NOTHING for kind in BOOKS}
    return assembled(root, books | {kind: load_folder(root, kind) if kind in kinds else NOTHING for kind in FOLDERS})


def assembled(root: Path, loaded: Mapping[str, Loaded]) -> tuple[Catalog, tuple[Finding, ...]]:
    """A catalog of what was read of each kind, and all findings about it."""
    approvals, approval_files = _by_metric(loaded["approval"])
    files = {(kind, name): file for kind in FOLDERS if kind != "approval" for name, file in loaded[kind].files.items()}
    catalog = Catalog(
        root=root,
        countries=loaded["country"].models,
        people=loaded["person"].models,
        sources=loaded["source"].models,
        dimensions=loaded["dimension"].models,
        metrics=loaded["metric"].models,
        views=loaded["view"].models,
        hearings=loaded["hearing"].models,
        approvals=approvals,
        files=files | approval_files,
        broken={kind: one.broken for kind, one in loaded.items() if one.broken},
    )
    return catalog, sorted_findings(finding for one in loaded.values() for finding in one.findings)


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which a person reads them: by file, line and column; each once."""
    return tuple(sorted(set(findings), key=Finding.sort_key))


def _by_metric(loaded: Loaded) -> tuple[dict[str, tuple[Approval, ...]], dict[tuple[str, str], str]]:
    given: dict[str, list[tuple[Approval, str]]] = {}
    for key, approval in loaded.models.items():
        given.setdefault(approval.metric, []).append((approval, loaded.files[key]))
    approvals: dict[str, tuple[Approval, ...]] = {}
    files: dict[tuple[str, str], str] = {}
    for metric, pairs in given.items():
        pairs.sort(key=lambda pair: (_instant(pair[0].approved_at), pair[1]))
        approvals[metric] = tuple(approval for approval, _ in pairs)
        files |= {("approval", f"{metric}/{position}"): file for position, (_, file) in enumerate(pairs)}
    return approvals, files


def _instant(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _document(root: Path, file: str) -> Document | None:
    """The document of a file as it is now; kept while the file does not change."""
    try:
        state = (root / file).stat()
    except OSError:
        return None
    return _cached_document(root, file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _cached_document(
    root: Path, file: str, changed: int, size: int
) -> Document | None:  # the last two only make a changed file another key
    return read(root / file, root)[0]
