"""A keyed project in git whose pull request lies on the GitHub server of the tests."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.catalogs import edit, metric_file
from tests.support.keys import keyed_project, signer

if TYPE_CHECKING:
    from tests.support.github_server import GithubRepository, GithubServer

LOGINS = {"aiko": "aiko-sato", "bernd": "Bernd-M", "chie": "chie", "carla": "carla", "dora": "dora"}
REVIEWED = dt.datetime(2025, 6, 2, 9, 30, tzinfo=dt.UTC)
"""Long past, because the commands ask the real clock."""
NUMBER = 12


def git(folder: Path, *words: str) -> str:
    """What git says; nothing of the machine's own settings counts."""
    alone = ("-c", "user.name=Priya", "-c", "user.email=priya@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", "-C", str(folder), *alone, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    """Commit all that is there; gives the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def settings(server: GithubServer, sides: str = '["business"]', witness: str = "witness", more: str = "") -> str:
    """The section of ringi.toml that lets reviews count."""
    line = signer(witness).public_line
    return (
        '[profiles.local]\nwarehouse = "warehouse"\n\n[approval]\nexamples = "advised"\n\n[approval.github]\n'
        f'server = "{server.html_url}"\nrepository = "acme/metrics"\nsides = {sides}\n'
        f'witnesses = [{{public_key = "{line}"{more}}}]\n'
    )


class Proposed:
    """A project at `root`, in git, with a pull request that changes the filter of `viewers`."""

    def __init__(self, folder: Path, server: GithubServer, toml: str | None = None, prefix: str = "") -> None:
        self.top, self.root, self.server = folder, folder / prefix, server
        keyed_project(self.root)
        (self.root / "ringi.toml").write_text(toml if toml is not None else settings(server), encoding="utf-8")
        edit(self.root, "people.yaml", _with_logins)
        git(folder, "init", "--quiet")
        self.base = commit(folder, "base")
        git(folder, "checkout", "--quiet", "-b", "change")
        edit(self.root, metric_file("viewers"), lambda metric: metric["how"].update(filter="event_type = 'heartbeat'"))
        self.head = commit(folder, "change")
        self.repository.open(NUMBER, head=self.head, base=self.base, author="priya")
        self.key = folder.parent / "witness"
        self.key.write_bytes(signer("witness").private_text())
        self.key.chmod(0o600)

    @property
    def repository(self) -> GithubRepository:
        return self.server.repository()

    def approve(self, login: str = "Bernd-M", state: str = "APPROVED", minutes: int = 0, commit: str | None = None) -> int:
        """A review of the present head, or of another commit."""
        return self.repository.review(NUMBER, login, state, REVIEWED + dt.timedelta(minutes=minutes), commit)

    def push(self, message: str) -> str:
        """Commit what is there and put it at the head of the pull request."""
        self.head = commit(self.top, message)
        self.repository.push(NUMBER, self.head)
        return self.head


def _with_logins(document: dict[str, dict[str, dict[str, object]]]) -> None:
    for name, login in LOGINS.items():
        document["people"][name]["github"] = login
