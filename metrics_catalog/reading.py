"""Reads one definition file into its model; used by `loading`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.approval import Approval
from metrics_catalog.collection import rare_collection
from metrics_catalog.dimension import Dimension
from metrics_catalog.forked import forked
from metrics_catalog.hearing import Hearing
from metrics_catalog.metric import Metric
from metrics_catalog.source import Source
from metrics_catalog.view import View
from metrics_catalog.yaml_io import build, read_as, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metrics_catalog.finding import Finding
    from metrics_catalog.model import Model

MODELS: dict[str, type[Model]] = {
    "source": Source,
    "dimension": Dimension,
    "metric": Metric,
    "view": View,
    "hearing": Hearing,
    "approval": Approval,
}
"""The model of each kind that has a file of its own; its name stands in the field called like the kind."""


SHARED = {"approval": 4_000}
"""From how many files on the cores share the reading: the models of approvals are small, and travel quickly between processes."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One file as it was read: its model, or None and findings."""

    path: Path
    file: str
    model: Model | None
    findings: tuple[Finding, ...]


def read_definition(kind: str, path: Path, root: Path) -> Definition:
    """Read one file that holds a definition of this kind."""
    file = shown(path, root)
    document, findings = read_as(path, file)
    model = None
    if document is not None:
        model, findings = build(MODELS[kind], document)
    return Definition(path, file, model, findings)


def read_definitions(kind: str, paths: Sequence[Path], root: Path) -> list[Definition]:
    """Read many files that each hold a definition of this kind, in the order of the paths."""

    def read(paths: Sequence[Path]) -> list[Definition]:
        with rare_collection():
            return [read_definition(kind, path, root) for path in paths]

    done = forked(read, paths) if kind in SHARED and len(paths) >= SHARED[kind] else None
    return read(paths) if done is None else [each for piece in done for each in piece]
