"""Reads one definition file into its model; used by `loading`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.approval import Approval
from metrics_catalog.dimension import Dimension
from metrics_catalog.hearing import Hearing
from metrics_catalog.metric import Metric
from metrics_catalog.source import Source
from metrics_catalog.view import View
from metrics_catalog.yaml_io import build, read_as, shown

if TYPE_CHECKING:
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
