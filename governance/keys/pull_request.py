"""A pull request, its reviews, and whose review counts as the turning of a key: values, and one judgement over them.

The values are read from a forge by `infra.github.pulls`; `accepted` is asked by `ringi approvals from-github` when a review
is recorded. What can be checked later, from the recorded file alone, stands in `github_review`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from metrics_catalog.person import Person, Side

APPROVED = "APPROVED"
VERDICTS = frozenset({APPROVED, "CHANGES_REQUESTED", "DISMISSED"})
"""States that say what a reviewer thinks; a comment, or a review not sent yet, leaves an earlier verdict as it was."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request: its head commit, the commit of the base branch it is made against, and who opened it."""

    number: int
    repository: str
    state: str
    """`open`, `merged` or `closed`."""
    head: str
    base: str
    author: str
    commits: int
    url: str


@dataclass(frozen=True, slots=True)
class Review:
    """One review. `state` is GitHub's: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING."""

    id: int
    login: str
    state: str
    commit: str
    """The commit that was reviewed; empty where the forge no longer knows it."""
    submitted_at: dt.datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote or committed something: a login where the forge knows one, and the address in the commit."""

    login: str
    email: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A review that turns a key of this side for this person."""

    review: Review
    person: str
    side: Side


@dataclass(frozen=True, slots=True)
class Ignored:
    """A reviewer whose latest verdict turns no key, and why, in one sentence."""

    login: str
    why: str


def accepted(
    pull: PullRequest, reviews: Iterable[Review], authors: Iterable[Author], people: Mapping[str, Person], sides: Iterable[Side]
) -> tuple[tuple[Passed, ...], tuple[Ignored, ...]]:
    """Whose review counts, and whose does not: of each reviewer the latest verdict alone.

    It must approve, be of the exact head commit, and come from one person of one of `sides` who neither opened the pull request nor
    wrote a commit of it. `people` are those whom the base branch knows, since a pull request could register anybody.
    """
    found = [_judged(pull, review, tuple(authors), people, frozenset(sides)) for review in _latest(reviews)]
    return tuple(each for each in found if isinstance(each, Passed)), tuple(each for each in found if isinstance(each, Ignored))


def _latest(reviews: Iterable[Review]) -> list[Review]:
    """The latest verdict of each reviewer, in the order of time."""
    told = [review for review in reviews if review.state in VERDICTS and review.login and review.submitted_at is not None]
    latest = {review.login.lower(): review for review in sorted(told, key=_when)}
    return sorted(latest.values(), key=_when)


def _when(review: Review) -> tuple[str, int]:
    return (review.submitted_at.isoformat() if review.submitted_at else "", review.id)


def _judged(
    pull: PullRequest, review: Review, authors: tuple[Author, ...], people: Mapping[str, Person], sides: frozenset[Side]
) -> Passed | Ignored:
    if review.state != APPROVED:
        return Ignored(review.login, "the review was dismissed." if review.state == "DISMISSED" else "the latest review asks for changes.")
    if review.commit != pull.head:
        return Ignored(review.login, f"approved {_short(review.commit)}, but the head of the pull request is {_short(pull.head)}.")
    if review.login.lower() == pull.author.lower():
        return Ignored(review.login, "opened the pull request.")
    named = sorted(name for name, person in people.items() if _has(person, review.login))
    if len(named) != 1:
        why = "is the GitHub account of nobody in the base branch's people.yaml." if not named else f"belongs to {' and '.join(named)}."
        return Ignored(review.login, why)
    return _of_person(review, named[0], people[named[0]], authors, sides)


def _of_person(review: Review, name: str, person: Person, authors: tuple[Author, ...], sides: frozenset[Side]) -> Passed | Ignored:
    logins = {account.login.lower() for account in person.github_accounts}
    address = (person.email or "").lower()
    if any(author.login.lower() in logins or (address and author.email.lower() == address) for author in authors):
        return Ignored(review.login, f"`{name}` wrote a commit of the pull request.")
    held = [side for side in person.sides if side in sides]
    if len(held) == 1:
        return Passed(review, name, held[0])
    if not held:
        return Ignored(review.login, f"`{name}` holds none of the sides {_listed(sides)} whose keys may be turned by review.")
    return Ignored(review.login, f"`{name}` holds both sides; say with `--side` which key the review turns.")


def _has(person: Person, login: str) -> bool:
    return any(account.login.lower() == login.lower() for account in person.github_accounts)


def _listed(sides: Iterable[Side]) -> str:
    return " and ".join(sorted(side.value for side in sides))


def _short(commit: str) -> str:
    return commit[:12] or "a commit that is gone"
