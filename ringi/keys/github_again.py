"""Asks again about every review that turned a key: GitHub, whether it was given, and git, what the reviewed commit means.

Used by `ringi approvals recheck`: the part of such a key that no file proves by itself. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.keys.refusal import shown, utc
from infra.github import pulls
from infra.github.refusals import GithubError
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.keys.pull_request import Review
    from infra.github.client import GithubClient
    from infra.local.git import Repository
    from metrics_catalog.approval import Approval, GithubReview
    from metrics_catalog.catalog import Catalog

CODE = "RNG-INF-057"
HINT = "ask the reviewer; if the review was never given, delete the file, and mark the witness key as compromised in ringi.toml."
DISMISSED = "GitHub says that it was dismissed since."


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One approval that was given by review, and its position among those of its metric."""

    metric: str
    position: int
    approval: Approval
    review: GithubReview


def reviewed(catalog: Catalog) -> tuple[Reviewed, ...]:
    """Every approval that was given by review."""
    return tuple(
        Reviewed(metric, position, approval, approval.github)
        for metric, given in sorted(catalog.approvals.items())
        for position, approval in enumerate(given)
        if approval.github is not None
    )


def ask_again(catalog: Catalog, client: GithubClient) -> tuple[Finding, ...]:
    """A finding for each key whose review GitHub tells otherwise now; each review is asked for once. Raises GithubError."""
    answers: dict[tuple[str, int, int], Review | None] = {}
    findings: list[Finding] = []
    for each in reviewed(catalog):
        review = each.review
        asked = (review.repository.lower(), review.pull_request, review.review_id)
        if asked not in answers:
            answers[asked] = _answer(client, review)
        if (why := next(_contradictions(answers[asked], review), None)) is not None:
            findings.append(_finding(catalog, each, why))
    return tuple(sorted(findings, key=Finding.sort_key))


def compare_with_git(catalog: Catalog, repository: Repository) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """A finding for each key whose meaning the reviewed commit does not have; and the commits that this clone does not hold."""
    by_commit: dict[str, list[Reviewed]] = {}
    for each in reviewed(catalog):
        by_commit.setdefault(each.review.commit, []).append(each)
    findings: list[Finding] = []
    absent: list[str] = []
    for commit, keys in sorted(by_commit.items()):
        digests = _digests(repository, commit, {key.metric for key in keys})
        if digests is None:
            absent.append(commit)
            continue
        wrong = (key for key in keys if digests.get(key.metric) != key.approval.meaning)
        findings += [_finding(catalog, key, f"the reviewed commit {commit[:12]} does not have that meaning.") for key in wrong]
    return tuple(sorted(findings, key=Finding.sort_key)), tuple(absent)


def _digests(repository: Repository, commit: str, metrics: set[str]) -> dict[str, str] | None:
    """The digests of metrics as a commit defines them; None where git does not hold it."""
    from metrics_catalog.catalog import load
    from metrics_catalog.meaning import Meaning, resolve_all
    from ringi.keys.commit_tree import tree_of

    try:
        repository.resolve(commit)
    except UsageError:
        return None
    with tree_of(repository, commit) as root:
        then = load(root)[0]
        found = resolve_all(then, [name for name in metrics if name in then.metrics])
    return {name: meaning.digest for name, meaning in found.items() if isinstance(meaning, Meaning)}


def _finding(catalog: Catalog, key: Reviewed, why: str) -> Finding:
    severity = Severity.WARNING if why == DISMISSED else Severity.ERROR
    approval, review = key.approval, key.review
    message = f"`{approval.person}` turned the {approval.side.value} key of `{key.metric}` by review {review.review_id} of pull request {review.pull_request}: {why}"
    return Finding(CODE, catalog.place("approval", f"{key.metric}/{key.position}", "github"), message, HINT, severity)


def _answer(client: GithubClient, review: GithubReview) -> Review | None:
    """What GitHub says of a review now; None where it knows none."""
    try:
        return pulls.review(client, review.repository, review.pull_request, review.review_id)
    except GithubError as error:
        if error.status in (404, 410):
            return None
        raise


def _contradictions(now: Review | None, review: GithubReview) -> Iterator[str]:
    if now is None:
        yield "GitHub knows no such review."
        return
    if now.login.lower() != review.login.lower():
        yield f"GitHub says that it is of `{now.login or 'an account that is gone'}`, not of `{review.login}`."
    if now.commit != review.commit:
        yield f"GitHub says that it is of commit {now.commit[:12] or 'that is gone'}, not of {review.commit[:12]}."
    if now.submitted_at is None or utc(now.submitted_at) != utc(review.submitted_at):
        yield f"GitHub says another time than {shown(review.submitted_at)}."
    if now.state == "DISMISSED":
        yield DISMISSED
    elif now.state != "APPROVED":
        yield "GitHub says that it does not approve."
