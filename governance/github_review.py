"""Checks the evidence of an approval that was given as a GitHub review: what can be told offline, from the file alone.

A review carries no signature: that it was given at all is asked of GitHub when the approval is recorded and when it is
verified online. Here a file must at least agree with itself. Used by `turned_key`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import credential
from governance.refusal import Refusal, shown, utc

if TYPE_CHECKING:
    from governance.credential import Credential
    from metrics_catalog.approval import Approval
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.person import Person

AGAIN = "delete the file and record the review again with `ringi approvals from-github`."


def check_review(approval: Approval, person: Person, covered: Meaning) -> Credential | Refusal:
    """The GitHub account that gave the review, or why the evidence does not count.

    Whether the account is registered for the person, and at that time, is asked afterwards, for every method alike.
    """
    review = approval.github
    if review is None:
        raise ValueError("an approval by review holds the review")
    if utc(review.submitted_at) != utc(approval.approved_at):
        message = f"The review was submitted at {shown(review.submitted_at)}, but `approved_at` says {shown(approval.approved_at)}."
        return Refusal("RNG-GOV-068", message, AGAIN, "approved_at")
    if not review.url.startswith(f"{review.server.rstrip('/')}/{review.repository}/pull/{review.pull_request}"):
        message = f"The link of the review is not one of pull request {review.pull_request} of `{review.repository}`."
        return Refusal("RNG-GOV-068", message, AGAIN, "github")
    return credential.of_github(review.server, review.login)
