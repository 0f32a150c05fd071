"""Only what keys are checked from: people, hearings, approvals, and the names of the metrics that have a file.

Made by `read_records` for `verify`, which asks nothing of what metrics, sources and views say now; reading the whole of a
large catalog would take longer than checking its keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.catalog import Catalog, load
from metrics_catalog.collection import rare_collection
from metrics_catalog.project_files import list_files
from metrics_catalog.reading import read_definition
from metrics_catalog.yaml_bytes import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.finding import Finding

KINDS = frozenset({"person", "hearing", "approval"})
_NAME = re.compile(r"^metric: +([a-z][a-z0-9_]{0,62}) *\r?$", re.MULTILINE)
"""How the name of a metric stands in nearly every file: the only such line that begins at the margin."""


@dataclass(frozen=True)
class Records:
    """The records of a lake project; `catalog` holds people, hearings and approvals, and nothing else."""

    catalog: Catalog
    findings: tuple[Finding, ...]
    metrics: frozenset[str]
    """Metrics that have a file, also one with faults: all others were withdrawn."""


def read_records(root: Path) -> Records:
    """Read the records of a lake project; a file with faults gives findings and takes nothing else with it."""
    catalog, findings = load(root, KINDS)
    with rare_collection():
        return Records(catalog, findings, frozenset(_name(path, catalog.root) for path in list_files(catalog.root, "metric").files))


def _name(path: Path, root: Path) -> str:
    """The metric of a file: as it says, or as the file is called where that cannot be read."""
    text, _ = text_of(path, path.name)
    found = _NAME.findall(text) if text else []
    if len(found) == 1:
        return str(found[0])
    model = read_definition("metric", path, root).model
    return str(getattr(model, "metric", path.stem))
