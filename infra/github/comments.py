"""One comment on a pull request that is written once and then kept up to date: found again by a mark that nobody sees.

Used by `ringi approvals comment`. A comment of somebody else that quotes the mark is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.github import refusals
from infra.github.refusals import GithubError

if TYPE_CHECKING:
    from infra.github.client import GithubClient

LONGEST = 65_536
"""Characters that GitHub takes in one comment."""

_CUT = "\n\nThe report is longer than a comment may be: the rest is in the summary of the workflow's run.\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the comment: `made`, `changed` or `unchanged`, and where it stands."""

    what: str
    url: str


def keep(client: GithubClient, repository: str, number: int, name: str, text: str) -> Kept:
    """Make or change the comment called `name` of a pull request so that it says `text` (Markdown)."""
    body = shortened(f"{mark(name)}\n{text.strip()}\n")
    found = _own(client, repository, number, name)
    if found is None:
        doing = f"writing the comment of pull request {number} of {repository}"
        return _kept(client, "made", doing, client.post(f"/repos/{repository}/issues/{number}/comments", {"body": body}, doing))
    if _same(str(found.get("body") or ""), body):
        return _kept(client, "unchanged", "reading the comment", found)
    doing = f"changing the comment of pull request {number} of {repository}"
    return _kept(client, "changed", doing, client.patch(f"/repos/{repository}/issues/comments/{found['id']}", {"body": body}, doing))


def mark(name: str) -> str:
    """The first line of the comment, which GitHub does not show."""
    return f"<!-- ringi:{name} -->"


def shortened(body: str) -> str:
    """The body within GitHub's limit: cut after a whole line, with open code blocks and folds closed, and saying so."""
    if len(body) <= LONGEST:
        return body
    room = LONGEST - len(_CUT) - 200  # for what must be closed
    end = body.rfind("\n", 0, room)
    kept = body[: end if end > 0 else room]
    fences = [line for line in kept.splitlines() if line.lstrip().startswith("```")]
    closing = "\n```" if len(fences) % 2 else ""
    folds = max(0, kept.count("<details") - kept.count("</details>"))
    return kept + closing + "\n</details>" * min(folds, 8) + _CUT


def _same(there: str, body: str) -> bool:
    return there.replace("\r\n", "\n").strip() == body.strip()


def _own(client: GithubClient, repository: str, number: int, name: str) -> dict[str, Any] | None:
    """The oldest comment of ours that begins with the mark."""
    doing = f"reading the comments of pull request {number} of {repository}"
    me: str | None = None
    for entry in client.pages(f"/repos/{repository}/issues/{number}/comments", doing):
        user = entry.get("user")
        if not str(entry.get("body") or "").lstrip("\ufeff \r\n").startswith(mark(name)) or not isinstance(user, dict):
            continue
        me = _login(client) if me is None else me
        if "id" in entry and (user.get("login") == me if me else user.get("type") == "Bot"):
            return entry
    return None


def _login(client: GithubClient) -> str:
    """Whose token it is; empty for the token of a workflow, which may not ask and writes as a bot."""
    try:
        user = client.get("/user", "asking whose token this is")
    except GithubError as error:
        if error.status in (403, 404):
            return ""
        raise
    return str(user.get("login") or "") if isinstance(user, dict) else ""


def _kept(client: GithubClient, what: str, doing: str, entry: Any) -> Kept:
    if not isinstance(entry, dict) or "html_url" not in entry:
        raise refusals.misunderstood(client.host, doing, "a field is missing")
    return Kept(what, str(entry["html_url"]))
