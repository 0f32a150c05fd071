"""A pull request and its reviews, as GitHub's API tells them; read into values of `governance.keys.pull_request`.

Used by `ringi.keys.github_reviews`; what a review is worth is not asked here. Times are UTC.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

from governance.keys.pull_request import Author, PullRequest, Review
from infra.github import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.github.client import GithubClient

LISTED_COMMITS = 250
"""GitHub lists no more commits of one pull request than this."""

T = TypeVar("T")


def pull(client: GithubClient, repository: str, number: int) -> PullRequest:
    """The pull request of a number."""
    doing = f"reading pull request {number} of {repository}"
    entry = client.get(f"/repos/{repository}/pulls/{number}", doing)
    return _read(client, doing, lambda: _pull(entry))


def reviews(client: GithubClient, repository: str, number: int) -> tuple[Review, ...]:
    """All reviews of a pull request, oldest first."""
    doing = f"reading the reviews of pull request {number} of {repository}"
    entries = list(client.pages(f"/repos/{repository}/pulls/{number}/reviews", doing))
    return _read(client, doing, lambda: tuple(_review(entry) for entry in entries))


def review(client: GithubClient, repository: str, number: int, review_id: int) -> Review:
    """One review."""
    doing = f"reading review {review_id} of pull request {number} of {repository}"
    entry = client.get(f"/repos/{repository}/pulls/{number}/reviews/{review_id}", doing)
    return _read(client, doing, lambda: _review(entry))


def authors(client: GithubClient, repository: str, number: int) -> frozenset[Author]:
    """Who wrote or committed the commits of a pull request, at most LISTED_COMMITS of them."""
    doing = f"reading the commits of pull request {number} of {repository}"
    entries = list(client.pages(f"/repos/{repository}/pulls/{number}/commits", doing))
    return _read(client, doing, lambda: frozenset(author for entry in entries for author in _authors(entry)))


def _pull(entry: Mapping[str, Any]) -> PullRequest:
    return PullRequest(
        number=int(entry["number"]),
        repository=str(entry["base"]["repo"]["full_name"]),
        state="merged" if entry.get("merged_at") else str(entry["state"]),
        head=str(entry["head"]["sha"]),
        base=str(entry["base"]["sha"]),
        author=_login(entry["user"]),
        commits=int(entry["commits"]),
        url=str(entry["html_url"]),
    )


def _review(entry: Mapping[str, Any]) -> Review:
    at = entry.get("submitted_at")
    return Review(
        id=int(entry["id"]),
        login=_login(entry["user"]),
        state=str(entry["state"]),
        commit=str(entry.get("commit_id") or ""),
        submitted_at=dt.datetime.fromisoformat(at).astimezone(dt.UTC) if at else None,
        url=str(entry["html_url"]),
    )


def _authors(entry: Mapping[str, Any]) -> tuple[Author, ...]:
    written = entry["commit"]
    return tuple(Author(_login(entry.get(role)), str((written.get(role) or {}).get("email") or "")) for role in ("author", "committer"))


def _login(user: Any) -> str:
    """The login of a user; empty where GitHub has none (deleted, or an address that belongs to nobody)."""
    return str(user["login"]) if user else ""


def _read(client: GithubClient, doing: str, shape: Callable[[], T]) -> T:
    """What `shape` reads from an answer; an answer of another shape is one sentence."""
    try:
        return shape()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refusals.misunderstood(client.host, doing, "a field is missing or of another kind") from error
