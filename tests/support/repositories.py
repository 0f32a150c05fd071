"""Small git repositories round lake projects, for tests of what is compared with a commit."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Run git as nobody in particular, whatever this machine's own settings say; gives what it printed."""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    person = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *person, *words], cwd=folder, env={**os.environ, **alone}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def committed(folder: Path, message: str = "A commit") -> str:
    """Commit all that is in a folder, making the repository where there is none; gives the commit's hash."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")
