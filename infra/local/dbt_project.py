"""Writes the generated dbt project into a lake, and nothing else of it: a country team's own files are never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.foreign import translated
from views.dbt.project import GENERATED_FOLDERS, TEAM_FILES

if TYPE_CHECKING:
    from pathlib import Path

    from views.dbt.project import Project


def write(root: Path, project: Project) -> None:
    """Bring the generated files to the project's; a file that is as it should be keeps its time, so dbt parses only what changed."""
    begin(root)
    with translated("writing the dbt project"):
        for relative, text in project.generated.items():
            _put(root / relative, text)
        for folder in GENERATED_FOLDERS:
            for path in (root / folder).glob("*"):
                if path.relative_to(root).as_posix() not in project.generated and path.is_file():
                    path.unlink()


def begin(root: Path) -> None:
    """Write the files of the country teams' project where they are missing; they belong into the lake's repository."""
    with translated("writing the dbt project"):
        for relative, text in TEAM_FILES.items():
            if not (root / relative).exists():
                _put(root / relative, text)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == text.encode():
        return
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
