"""A lake project's git repository, through the program `git`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from infra.errors import InfraError

if TYPE_CHECKING:
    from pathlib import Path

_NOBODY = ("-c", "user.name=Ringi", "-c", "user.email=ringi@localhost")
_ALONE = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "-c", "init.defaultBranch=main")
"""Whatever the person's own git does at a commit is not for this one."""


def start_repository(folder: Path, message: str) -> None:
    """Make a repository of a folder, with one commit of all that is in it; raises InfraError where git cannot."""
    _git(folder, *_ALONE, "init", "--quiet")
    _git(folder, *_ALONE, "add", "--all")
    person = () if _has_identity(folder) else _NOBODY
    _git(folder, *_ALONE, *person, "commit", "--quiet", "--message", message)


def _has_identity(folder: Path) -> bool:
    """Whether git knows who commits here."""
    return all(_run(folder, "config", "--get", field).returncode == 0 for field in ("user.name", "user.email"))


def _git(folder: Path, *words: str) -> None:
    done = _run(folder, *words)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise InfraError(
            f"git could not make a repository of {folder}: {said[-1] if said else 'it gave no reason'}.",
            hint="see whether `git init` works in that folder.",
        )


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607  # the person's own git
    except FileNotFoundError as error:
        raise InfraError("git is not installed; a lake project is a git repository.", hint="install git and run it again.") from error
