"""When commits were made and by whom, and repositories without a working tree: asked by `verify`, and by plans of access.

Only the program `git` is asked, and only to read.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path

from infra.errors import InfraError
from metrics_catalog.errors import UsageError


def bare_repository(path: Path) -> tuple[Path, str] | None:
    """The bare repository that a path names, and the folder in it that follows (`x.git/lakes/content`); None where it is none."""
    place = path.absolute()
    for folder in (place, *place.parents):
        if folder.is_dir():
            parts = ((folder / "HEAD").is_file(), (folder / "objects").is_dir(), (folder / "refs").is_dir())
            return (folder, place.relative_to(folder).as_posix().removeprefix(".")) if all(parts) else None
    return None


def last_commit(folder: Path, at: dt.datetime) -> str:
    """The last commit of the current branch at an instant or before it: what the branch was then.

    Commits that came to the branch with a later merge do not count, however old they are. Raises UsageError where there is none.
    """
    done = _git(folder, "rev-list", "-1", "--first-parent", f"--min-age={int(at.timestamp())}", "HEAD")
    if done.returncode == 0 and (commit := done.stdout.strip()):
        return commit
    if _git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        raise UsageError(
            f"This clone is shallow and does not reach back to {_shown(at)}.",
            hint="fetch the history with `git fetch --unshallow`; in a workflow, check out with `fetch-depth: 0`.",
        )
    raise UsageError(f"The current branch has no commit at {_shown(at)} or before.", hint="`git log` shows when it begins.")


def committed_at(folder: Path, commit: str) -> dt.datetime:
    """When a commit was made, as it says itself."""
    done = _git(folder, "show", "--no-patch", "--format=%ct", commit)
    if done.returncode != 0:
        raise InfraError(f"git cannot read the commit {commit[:12]}.", hint="see whether `git fsck` is content.")
    return dt.datetime.fromtimestamp(int(done.stdout.split()[-1]), tz=dt.UTC)


def writers(folder: Path, below: str, since: str | None) -> frozenset[str]:
    """Addresses of those who wrote commits that changed files below a folder, co-authors too, after a commit (None: ever).

    A commit that is not there any more, after a rebase, counts as None. Nobody where there is no repository, or none with a commit.
    """
    span = f"{since}..HEAD" if since and _git(folder, "cat-file", "-e", f"{since}^{{commit}}").returncode == 0 else "HEAD"
    told = "%aE%n%(trailers:key=Co-authored-by,valueonly)"
    done = _git(folder, "log", f"--format={told}", span, "--", below)
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return frozenset(line.rpartition("<")[2].rstrip("> ").lower() for line in lines if "@" in line)


def is_uncommitted(folder: Path, below: str) -> bool:
    """Whether files below a folder are not as the last commit has them; False where there is no repository."""
    done = _git(folder, "status", "--porcelain", "--", below)
    return done.returncode == 0 and bool(done.stdout.strip())


def own_address(folder: Path) -> str | None:
    """The address under which whoever works in a folder would commit, if git was told one."""
    return _git(folder, "config", "--get", "user.email").stdout.strip().lower() or None


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {"LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603  # the person's own git
            ["git", "-C", str(folder), *words],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError as error:
        hint = "install git and run it again."
        raise InfraError("git is not installed; earlier records of a lake project are read from its repository.", hint=hint) from error


def _shown(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
