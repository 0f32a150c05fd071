"""The files of `policy/` as definitions, for a diff between two versions of a lake project; what they mean is `policy`'s."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from governance.policy.grant import PolicyFile
from metrics_catalog.diff.definitions import Definition
from metrics_catalog.yaml_io import build, read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from metrics_catalog.finding import Finding


def policy_definitions(root: Path, files: Iterable[str]) -> tuple[tuple[Definition, ...], tuple[Finding, ...]]:
    """Each readable one of these files under its path, and findings about the others; a file that is not there is left out."""
    definitions: list[Definition] = []
    findings: list[Finding] = []
    for file in sorted(files):
        if not file.startswith("policy/") or not os.path.lexists(root / file):
            continue
        document, found = read(root / file, root)
        model = None
        if document is not None:
            model, found = build(PolicyFile, document)
        findings.extend(found)
        if document is not None and model is not None:
            definitions.append(Definition("policy", document.file, document.file, model))
    return tuple(definitions), tuple(findings)
