"""Checks the evidence of an approval that was given as a GitHub review: what can be told offline, from the project's files alone.

A review carries no signature of the reviewer, so a file that tells of one proves nothing by itself: anybody could write it.
Three things make it count (docs/adr/0024). The project has turned reviews on, for one repository and for the sides it names;
the file agrees with itself; and a witness whose public key ringi.toml names has signed that GitHub said so. Used by `turned_key`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.keys import credential, github_settings, ssh
from governance.keys.github_settings import SECTION, GithubSettings, UnusableSettingsError
from governance.keys.refusal import CLOCK_SKEW, Refusal, shown, span, utc, within
from metrics_catalog.approval import WITNESS_NAMESPACE

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from governance.keys.credential import Credential
    from governance.keys.public_key import PublicKey
    from metrics_catalog.approval import Approval, GithubReview

AGAIN = "delete the file and record the review again with `ringi approvals from-github`."
OTHERWISE = "turn the key with `ringi approve`"


def check_review(root: Path, approval: Approval, now: datetime) -> Credential | Refusal:
    """The GitHub account that gave the review, or why the evidence does not count. `root` is the lake project.

    Whether the account is registered for the person, and at that time, is asked afterwards, for every method alike.
    """
    review = approval.github
    if review is None:
        raise ValueError("an approval by review holds the review")
    try:
        settings = github_settings.read(root)
    except UnusableSettingsError as error:
        return Refusal("RNG-GOV-050", f"No GitHub review counts: {error}", "mend ringi.toml.", "method")
    if settings is None:
        message = f"No GitHub review counts in this project: ringi.toml has no section {SECTION}."
        return Refusal("RNG-GOV-050", message, f"{OTHERWISE}, or turn reviews on as docs/proposal/github.md says.", "method")
    if refused := _allowed(settings, approval, review) or _agrees(approval, review):
        return refused
    witness = _witnessed(settings, approval, review, now)
    return witness if isinstance(witness, Refusal) else credential.of_github(review.server, review.login, witness)


def may_witness(settings: GithubSettings, key: PublicKey, at: datetime) -> Refusal | None:
    """Why a key may not vouch for reviews at an instant; None where it may."""
    entries = settings.witness(key)
    if not entries:
        message = f"The key {key.fingerprint} is no witness: {SECTION} of ringi.toml does not name it."
        return Refusal("RNG-GOV-051", message, f"record the review with a key that is listed there, or {OTHERWISE}.", "github")
    if any(entry.compromised for entry in entries):
        message = f"The witness key {key.fingerprint} is marked as compromised in ringi.toml, so nothing it ever vouched for counts."
        return Refusal("RNG-GOV-051", message, "record the review again with a new witness key.", "github")
    for entry in entries:
        in_force = entry.revoked_at is None or utc(at) < utc(entry.revoked_at)
        if in_force and within(at, entry.valid_from, entry.valid_until):
            return None
    told = f"revoked at {shown(last)}" if (last := entries[-1].revoked_at) else span(entries[-1].valid_from, entries[-1].valid_until)
    message = f"The witness key {key.fingerprint} does not count at {shown(at)}; ringi.toml says {told}."
    return Refusal("RNG-GOV-051", message, "record the review again with a witness key that is valid now.", "github")


def _allowed(settings: GithubSettings, approval: Approval, review: GithubReview) -> Refusal | None:
    if not settings.allows(review.server, review.repository):
        message = (
            f"The review is of `{review.repository}` on {review.server}; {SECTION} allows `{settings.repository}` on {settings.server}."
        )
        return Refusal("RNG-GOV-050", message, f"{OTHERWISE}, or record a review of that repository.", "github")
    if approval.side not in settings.sides:
        allowed = " and ".join(side.value for side in settings.sides) or "none"
        message = f"A GitHub review may not turn the {approval.side.value} key here; {SECTION} allows it for: {allowed}."
        return Refusal("RNG-GOV-050", message, f"{OTHERWISE}.", "side")
    return None


def _agrees(approval: Approval, review: GithubReview) -> Refusal | None:
    if utc(review.submitted_at) != utc(approval.approved_at):
        message = f"The review was submitted at {shown(review.submitted_at)}, but `approved_at` says {shown(approval.approved_at)}."
        return Refusal("RNG-GOV-068", message, AGAIN, "approved_at")
    page = f"{review.server.rstrip('/')}/{review.repository}/pull/{review.pull_request}"
    if review.url.lower() != page.lower() and not review.url.lower().startswith((f"{page}#".lower(), f"{page}/".lower())):
        message = f"The link of the review is not one of pull request {review.pull_request} of `{review.repository}`."
        return Refusal("RNG-GOV-068", message, AGAIN, "github")
    return None


def _witnessed(settings: GithubSettings, approval: Approval, review: GithubReview, now: datetime) -> PublicKey | Refusal:
    """The key that vouches for the review."""
    if review.witness is None or review.witnessed_at is None:
        message = "Nobody vouches for this review: it has no `witness` or no `witnessed_at`. A review file alone proves nothing."
        return Refusal("RNG-GOV-051", message, AGAIN, "github")
    if utc(review.submitted_at) - utc(review.witnessed_at) > CLOCK_SKEW or utc(review.witnessed_at) > utc(now) + CLOCK_SKEW:
        message = f"`witnessed_at` is {shown(review.witnessed_at)}, which is before the review or in the future."
        return Refusal("RNG-GOV-051", message, AGAIN, "github")
    try:
        key = ssh.verify(approval.witnessed_text(), review.witness, WITNESS_NAMESPACE)
    except ssh.SignatureError as error:
        return Refusal("RNG-GOV-051", f"The witness's signature does not count: {error}.", AGAIN, "github")
    return may_witness(settings, key, review.witnessed_at) or key
