"""Puts the files of a forge into a project: new ones are written, a file that differs is left as it is and the difference shown.

Used by `ringi init`. Of CODEOWNERS only the part between Ringi's own marks is ever replaced.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.forge.block import BEGIN, END, renewed
from metrics_catalog.forge.codeowners import HANDLE
from metrics_catalog.forge.files import CODEOWNERS, ForgeFile, files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metrics_catalog.catalog import Catalog


class State(StrEnum):
    """What becomes of a file."""

    NEW = "new"
    SAME = "same"
    RENEWED = "renewed"
    """Ringi's own part is replaced."""
    DIFFERS = "differs"
    """Left as it is."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One file of the forge against what is there: its path in the repository, and what is written (None: nothing)."""

    path: str
    state: State
    text: str | None
    difference: str = ""
    """What stands there against what Ringi would write, as a unified diff."""


def add_to(root: Path) -> tuple[Planned, ...]:
    """Write a forge's files, and the schemas for editors, into the repository of a lake project; gives what became of each.

    Raises InfraError or UsageError where the project is in no repository, or where a file or a setting cannot be read; nothing is
    written then.
    """
    from infra.local.git import Repository
    from metrics_catalog.catalog import load
    from ringi.project import read_section
    from ringi.setup.editor_schemas import write_schemas
    from ringi.setup.installing import install_of

    repository = Repository.of(root)
    section = read_section(root, "forge")
    install_of(section)
    planned = plan(repository.top, wanted(load(root)[0], teams_of(section), repository.prefix))
    apply(repository.top, planned)
    write_schemas(root)
    return planned


def plan(top: Path, wanted: tuple[ForgeFile, ...]) -> tuple[Planned, ...]:
    """What writing the files below `top`, the repository's folder, would do. Raises UsageError for a file that cannot be read."""
    return tuple(_planned(top, _where_owners_are(top, file)) for file in wanted)


def apply(top: Path, planned: tuple[Planned, ...]) -> None:
    """Write what is planned."""
    for each in planned:
        if each.text is not None:
            path = top / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text, encoding="utf-8", newline="\n")


def wanted(catalog: Catalog, teams: Mapping[str, str], prefix: str = "") -> tuple[ForgeFile, ...]:
    """The files for a project."""
    return files(catalog, teams, prefix)


def teams_of(section: Mapping[str, object]) -> dict[str, str]:
    """Handles of teams, from `[forge.github.teams]` of ringi.toml; raises UsageError for what is none."""
    github = section.get("github", {})
    teams = github.get("teams", {}) if isinstance(github, dict) else {}
    if not isinstance(teams, dict):
        raise UsageError(
            "ringi.toml: `forge.github.teams` is no section.", hint='write [forge.github.teams] and below it team = "@acme/team".'
        )
    for team, handle in teams.items():
        if not isinstance(handle, str) or not all(HANDLE.fullmatch(each) for each in handle.split() or [""]):
            raise UsageError(
                f"ringi.toml: the handle of team `{team}` is {handle!r}.", hint='write it as "@organisation/team" or "@login".'
            )
    return dict(teams)


def _where_owners_are(top: Path, file: ForgeFile) -> ForgeFile:
    """Owners go where the repository has its owners already: GitHub reads one file only."""
    if file.path != CODEOWNERS[0]:
        return file
    there = next((path for path in CODEOWNERS if (top / path).is_file()), file.path)
    return ForgeFile(there, file.text, file.part)


def _planned(top: Path, file: ForgeFile) -> Planned:
    path = top / file.path
    if not path.exists() and not path.is_symlink():
        return Planned(file.path, State.NEW, file.text)
    try:
        there = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"`{file.path}` is there but cannot be read as text; nothing was written.", hint="move it away and run this again."
        ) from error
    new = renewed(there, file.text) if file.part else file.text
    if new is None:
        return Planned(
            file.path, State.DIFFERS, None, f"it has no part of Ringi's: put the lines `{BEGIN}` and `{END}` where it belongs.\n"
        )
    if there == new:
        return Planned(file.path, State.SAME, None)
    if file.part:
        return Planned(file.path, State.RENEWED, new, _difference(file.path, there, new))
    return Planned(file.path, State.DIFFERS, None, _difference(file.path, there, new))


def _difference(path: str, there: str, new: str) -> str:
    lines = difflib.unified_diff(there.splitlines(), new.splitlines(), f"{path} (yours)", f"{path} (Ringi's)", lineterm="")
    return "\n".join(lines) + "\n"
