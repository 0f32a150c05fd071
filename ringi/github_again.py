"""Asks GitHub again about every review that turned a key: the part that no file in git can prove.

Used by `ringi approvals recheck`. Nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.refusal import shown, utc
from infra.github import pulls
from infra.github.refusals import GithubError
from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.github.client import GithubClient
    from metrics_catalog.approval import Approval, GithubReview
    from metrics_catalog.catalog import Catalog

CODE = "RNG-INF-057"
HINT = "ask the reviewer; if the review was never given, delete the file, and mark the witness key as compromised in ringi.toml."


def reviewed(catalog: Catalog) -> tuple[tuple[str, int, Approval, GithubReview], ...]:
    """Every approval that was given by review: its metric, its position there, itself and the review."""
    return tuple(
        (metric, position, approval, approval.github)
        for metric, given in sorted(catalog.approvals.items())
        for position, approval in enumerate(given)
        if approval.github is not None
    )


def ask_again(catalog: Catalog, client: GithubClient) -> tuple[Finding, ...]:
    """A finding for each review of which GitHub now says something else; each review is asked for once. Raises GithubError."""
    told: dict[tuple[str, int, int], str | None] = {}
    findings: list[Finding] = []
    for metric, position, approval, review in reviewed(catalog):
        key = (review.repository.lower(), review.pull_request, review.review_id)
        if key not in told:
            told[key] = next(_contradictions(client, review), None)
        if (why := told[key]) is not None:
            severity = Severity.WARNING if why == DISMISSED else Severity.ERROR
            message = f"`{approval.person}` turned the {approval.side.value} key of `{metric}` by review {review.review_id} of pull request {review.pull_request}: {why}"
            findings.append(Finding(CODE, catalog.place("approval", f"{metric}/{position}", "github"), message, HINT, severity))
    return tuple(sorted(findings, key=Finding.sort_key))


DISMISSED = "GitHub says that it was dismissed since."


def _contradictions(client: GithubClient, review: GithubReview) -> Iterator[str]:
    try:
        now = pulls.review(client, review.repository, review.pull_request, review.review_id)
    except GithubError as error:
        if error.status not in (404, 410):
            raise
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
