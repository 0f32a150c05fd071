"""Which GitHub server, API and repository are meant, and with which token: from options, settings, a workflow's environment, git.

Used by the commands that ask GitHub. The token is read here and given to the client alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC_SERVER = "https://github.com"
PUBLIC_API = "https://api.github.com"
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_REMOTE = re.compile(r"(?:[a-z+]+://(?:[^@/]*@)?[^/]+/|[^@/:]+@[^:/]+:)(?P<name>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?")
"""`https://github.com/acme/metrics.git`, `git@github.com:acme/metrics.git`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a GitHub server, and the address of the server's API."""

    server: str
    api_url: str
    repository: str


def api_of(server: str) -> str:
    """The API of a server: github.com has a host of its own for it, GitHub with data residency `api.` before it, an enterprise server a path."""
    parts = urlsplit(server.rstrip("/"))
    if server.rstrip("/") == PUBLIC_SERVER:
        return PUBLIC_API
    return f"{parts.scheme}://api.{parts.netloc}" if parts.netloc.endswith(".ghe.com") else f"{server.rstrip('/')}/api/v3"


def repository_named(words: str) -> str:
    """`owner/name`, checked; raises UsageError."""
    if not REPOSITORY.fullmatch(words) or ".." in words:
        raise UsageError(f"`{words}` is no repository.", hint="write it as OWNER/NAME, such as acme/metrics.")
    return words


def repository_of_remote(url: str) -> str | None:
    """`owner/name` of a git remote's address; None where it has another form."""
    found = _REMOTE.fullmatch(url.strip())
    return found["name"] if found else None


def token_in(environment: Mapping[str, str]) -> str | None:
    """The token, from GITHUB_TOKEN or GH_TOKEN; None where neither holds one. Raises UsageError for one that cannot be sent."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        token = environment.get(name, "").strip()
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError(f"What {name} holds is no token: it has a space or a letter that no token has.", hint="copy the token again.")
        if token:
            return token
    return None


def place(
    *, repository: str | None, api_url: str | None, settings: tuple[str, str] | None, environment: Mapping[str, str], remote: str | None
) -> Place:
    """The place that is meant. What is named wins over ringi.toml (`settings`: server, repository), that over a workflow's environment
    (`GITHUB_REPOSITORY`, `GITHUB_SERVER_URL`, `GITHUB_API_URL`), that over git's remote. Raises UsageError, naming where it looked.
    """
    set_server, set_repository = settings or (None, None)
    server = (set_server or environment.get("GITHUB_SERVER_URL") or PUBLIC_SERVER).rstrip("/")
    named = repository or set_repository or environment.get("GITHUB_REPOSITORY") or repository_of_remote(remote or "")
    if not named:
        raise UsageError(
            "No repository is named: not by --repo, ringi.toml ([approval.github]), GITHUB_REPOSITORY or git's remote `origin`.",
            hint="say `--repo OWNER/NAME`.",
        )
    in_workflow = environment.get("GITHUB_API_URL") if server == environment.get("GITHUB_SERVER_URL", server).rstrip("/") else None
    return Place(server, (api_url or in_workflow or api_of(server)).rstrip("/"), repository_named(named))
