"""The files of `policy/` as definitions, for a diff between two versions of a lake project; what they mean is `policy`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.grant import PolicyFile
from metrics_catalog.diff.definitions import Definition
from metrics_catalog.project_files import list_files
from metrics_catalog.yaml_io import build, read

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.finding import Finding


def policy_definitions(root: Path) -> tuple[tuple[Definition, ...], tuple[Finding, ...]]:
    """Each readable file of the policy under its path, and findings about the others."""
    listing = list_files(root, "policy")
    definitions: list[Definition] = []
    findings = list(listing.findings)
    for path in listing.files:
        document, found = read(path, root)
        model = None
        if document is not None:
            model, found = build(PolicyFile, document)
        findings.extend(found)
        if document is not None and model is not None:
            definitions.append(Definition("policy", document.file, document.file, model))
    return tuple(definitions), tuple(findings)
