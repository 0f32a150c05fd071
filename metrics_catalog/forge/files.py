"""The files of a forge, as text, from a catalog: workflow, action, code owners and pre-commit hooks; nothing is written here.

Used by `ringi.setup.forge`, which looks what is there already. The settings of editors stand in `metrics_catalog.schema`.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from metrics_catalog.forge import codeowners
from metrics_catalog.forge.block import block
from metrics_catalog.scaffold import scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog

CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks for owners; it reads the first that is there and no other."""

TEMPLATES = {
    ".github/workflows/ringi.yml": "workflow.yml",
    ".github/actions/ringi/action.yml": "action.yml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".pre-commit-hooks.yaml": "pre-commit-hooks.yaml",
}
"""Each file's path in the repository, and its template."""


@dataclass(frozen=True, slots=True)
class ForgeFile:
    """One file: its path in the repository and its text. Of a file with `part`, only that part is Ringi's."""

    path: str
    text: str
    part: bool = False


def files(catalog: Catalog, teams: Mapping[str, str], prefix: str = "") -> tuple[ForgeFile, ...]:
    """All files for GitHub. `prefix` is the project's folder in the repository (`lake/`) or empty."""
    lake = prefix.rstrip("/") or "."
    made = [ForgeFile(path, _filled(template, lake)) for path, template in TEMPLATES.items()]
    return (*made, ForgeFile(CODEOWNERS[0], block(codeowners.lines(catalog, teams, prefix)), part=True))


def _filled(template: str, lake: str) -> str:
    text = (resources.files("metrics_catalog") / "forge" / "github" / template).read_text(encoding="utf-8")
    words = {"RINGI_LAKE": lake, "RINGI_HOOK": f"ringi --lake {shlex.quote(lake)} check"}
    for mark, word in words.items():
        text = text.replace(mark, scalar(word))
    return text
