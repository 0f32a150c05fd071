"""Records GitHub reviews as turned keys, and asks GitHub again about those that were recorded.

Used by `ringi approvals`. What a review covers is read from the tree of the reviewed commit, never from the working tree; who
may review, and who vouches for it, from the base branch, since a pull request could register anybody. Only approval files and
the meanings they name are written, into the working tree, to be committed like any other approval.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from governance.gate.approve import Approved, Proposal, Refused, Request, proposals, record
from governance.keys import github_settings
from governance.keys.github_review import may_witness
from governance.keys.github_settings import FILE, SECTION, GithubSettings, UnusableSettingsError
from governance.keys.pull_request import Ignored, Passed, PullRequest, accepted
from governance.keys.refusal import shown, utc
from infra.github import pulls
from infra.local.git import Repository
from metrics_catalog.approval import WITNESS_NAMESPACE, Approval, GithubReview, Method
from metrics_catalog.catalog import Catalog, load, sorted_findings
from metrics_catalog.meaning import Meaning, resolve_all
from metrics_catalog.rules import check
from ringi.keys.commit_tree import tree_of
from ringi.proposal.checking import not_shown_by_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from governance.keys.ssh import Signer
    from infra.github.client import GithubClient
    from infra.github.place import Place
    from metrics_catalog.finding import Finding
    from metrics_catalog.person import Side


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pull request is read, and who vouches for what it says; `side` narrows it to reviews of one side."""

    place: Place
    number: int
    witness: Signer
    now: dt.datetime
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a pull request's reviews."""

    pull: PullRequest
    metrics: tuple[str, ...]
    """Metrics whose meaning the pull request changes."""
    results: tuple[Approved | Refused, ...]
    passed: tuple[Passed, ...]
    """Reviews that count, whether or not a metric still needed their key."""
    ignored: tuple[Ignored, ...]
    """Reviewers whose latest verdict turns no key, and why."""


def settings_of(root: Path) -> GithubSettings:
    """Whether and how reviews count in a project; raises GovernanceError where they do not."""
    hint = f"turn the key with `ringi approve`, or write {SECTION} into {FILE} on the base branch, see docs/proposal/github.md. More: ringi explain RNG-GOV-050"
    try:
        settings = github_settings.read(root)
    except UnusableSettingsError as error:
        raise GovernanceError(f"No GitHub review counts: {error}", hint=hint) from error
    if settings is None:
        raise GovernanceError(f"No GitHub review counts in this project: {FILE} has no section {SECTION}.", hint=hint)
    return settings


def record_reviews(root: Path, client: GithubClient, asked: Asked, say: Callable[[str], None]) -> Recorded:
    """Record the approving reviews of a pull request's head commit.

    Raises GithubError where GitHub cannot be asked, UsageError where git lacks a commit, GovernanceError where reviews do not count.
    """
    pull = _pull(client, asked)
    repository = Repository.of(root)
    with tree_of(repository, _present(repository, pull.head, pull)) as head, tree_of(repository, _base(repository, pull)) as base:
        before, after = load(base)[0], load(head)
        settings = _agreed(base, asked)
        passed, ignored = _judged(client, asked, pull, before, settings)
        _is_still(client, asked, pull)
        changed = _changed(before, after[0])
        results = _turn_all(root, after, changed, passed, asked, settings)
    for each in ignored:
        say(f"{each.login}: not counted: {each.why}")
    return Recorded(pull, changed, tuple(results), passed, ignored)


def _pull(client: GithubClient, asked: Asked) -> PullRequest:
    pull = pulls.pull(client, asked.place.repository, asked.number)
    if pull.repository.lower() != asked.place.repository.lower():
        raise GovernanceError(
            f"`{asked.place.repository}` is called `{pull.repository}` on GitHub now.", hint=f"write the new name into {FILE}, {SECTION}."
        )
    if pull.state == "closed":
        raise GovernanceError(f"Pull request {pull.number} was closed without a merge.", hint="open it again, or record another one.")
    if pull.commits > pulls.LISTED_COMMITS:
        message = f"Pull request {pull.number} has {pull.commits} commits; GitHub lists only {pulls.LISTED_COMMITS}, so its authors cannot be told."
        raise GovernanceError(message, hint="squash it, and ask for the reviews again.")
    return pull


def _is_still(client: GithubClient, asked: Asked, pull: PullRequest) -> None:
    """What was pushed while the reviews were read is not what they are about."""
    head = pulls.pull(client, asked.place.repository, asked.number).head
    if head != pull.head:
        raise GovernanceError(
            f"The head of pull request {pull.number} moved from {pull.head[:12]} to {head[:12]} in this moment.", hint="run it again."
        )


def _present(repository: Repository, commit: str, pull: PullRequest) -> str:
    from metrics_catalog.errors import UsageError

    try:
        return repository.resolve(commit)
    except UsageError as error:
        message = f"git does not hold {commit[:12]}, a commit of pull request {pull.number}."
        raise UsageError(
            message, hint=f"bring it in with `git fetch origin pull/{pull.number}/head`, and with `git fetch origin`."
        ) from error


def _base(repository: Repository, pull: PullRequest) -> str:
    """The commit at which the pull request left its base branch."""
    return repository.fork_of(_present(repository, pull.base, pull), _present(repository, pull.head, pull))


def _agreed(base: Path, asked: Asked) -> GithubSettings:
    """The settings of the base branch, which must allow this repository and name this witness."""
    settings = settings_of(base)
    if not settings.allows(asked.place.server, asked.place.repository):
        message = f"The base branch's {FILE} takes reviews of `{settings.repository}` on {settings.server}, not of `{asked.place.repository}` on {asked.place.server}."
        raise GovernanceError(message, hint=f"name that one with --repo, or merge a change of {SECTION} first.")
    if refusal := may_witness(settings, asked.witness.public_key, asked.now):
        raise GovernanceError(refusal.message, hint=f"{refusal.hint} More: ringi explain {refusal.code}")
    return settings


def _judged(
    client: GithubClient, asked: Asked, pull: PullRequest, base: Catalog, settings: GithubSettings
) -> tuple[tuple[Passed, ...], tuple[Ignored, ...]]:
    sides = tuple(side for side in settings.sides if asked.side in (None, side))
    reviews = pulls.reviews(client, asked.place.repository, asked.number)
    return accepted(pull, reviews, pulls.authors(client, asked.place.repository, asked.number), base.people, sides)


def _changed(before: Catalog, after: Catalog) -> tuple[str, ...]:
    """Metrics whose meaning the pull request changes: a review says nothing about any other."""
    old, new = resolve_all(before, list(before.metrics)), resolve_all(after, list(after.metrics))
    return tuple(sorted(name for name, meaning in new.items() if _digest(old.get(name)) != _digest(meaning)))


def _digest(meaning: object) -> str | None:
    return meaning.digest if isinstance(meaning, Meaning) else None


def _turn_all(
    root: Path,
    after: tuple[Catalog, tuple[Finding, ...]],
    changed: tuple[str, ...],
    passed: Iterable[Passed],
    asked: Asked,
    settings: GithubSettings,
) -> list[Approved | Refused]:
    """The keys of all reviewers; where two of one side approve, the first whose review counts for a metric turns its key."""
    catalog, reading = after
    findings = sorted_findings({*reading, *check(catalog, asked.now.date()), *not_shown_by_examples(root, catalog, changed)})
    results: list[Approved | Refused] = []
    turned: set[tuple[str, Side]] = set()
    for review in passed:
        for wanted in _needed(catalog, review.side, asked.now, changed):
            if (wanted.metric, review.side) in turned:
                continue
            result = wanted if isinstance(wanted, Refused) else _turn(root, catalog, wanted, review, asked, settings, findings)
            results.append(result)
            if isinstance(result, Approved):
                turned.add((wanted.metric, review.side))
    return results


def _turn(
    root: Path,
    catalog: Catalog,
    wanted: Proposal,
    passed: Passed,
    asked: Asked,
    settings: GithubSettings,
    findings: tuple[Finding, ...],
) -> Approved | Refused:
    """The key of one reviewer over one changed metric."""
    if already := _recorded(root, wanted, passed):
        return already
    at = passed.review.submitted_at or asked.now
    try:
        _in_time(wanted, passed, at)
        approval = _approval(wanted, passed, at, asked, settings)
        return record(root, catalog, wanted, approval, Request(passed.side, passed.person, asked.now, findings))
    except GovernanceError as error:
        return Refused(wanted.metric, error)


def _in_time(wanted: Proposal, passed: Passed, at: dt.datetime) -> None:
    """A review from before the newest certificate said yes to something older; counted by its own time it would have had its time."""
    certificate = wanted.status.certificate
    if certificate is not None and utc(at) <= utc(certificate.certified_at):
        message = f"`{wanted.metric}` was certified at {shown(certificate.certified_at)}, after the review of {passed.review.login} ({shown(at)})."
        raise GovernanceError(message, hint="ask for a new review.")


def _needed(catalog: Catalog, side: Side, now: dt.datetime, changed: tuple[str, ...]) -> Iterable[Proposal | Refused]:
    return (wanted for wanted in proposals(catalog, side, now) if wanted.metric in changed)


def _recorded(root: Path, wanted: Proposal, passed: Passed) -> Approved | None:
    """The same review over the same meaning, recorded before and not committed yet."""
    for approval in load(root)[0].approvals.get(wanted.metric, ()):
        if approval.github is not None and approval.github.review_id == passed.review.id and approval.meaning == wanted.meaning.digest:
            return Approved(wanted.metric, passed.side, passed.person, wanted.meaning.digest, wanted.changes, ())
    return None


def _approval(wanted: Proposal, passed: Passed, at: dt.datetime, asked: Asked, settings: GithubSettings) -> Approval:
    review = passed.review
    evidence = GithubReview(
        repository=settings.repository,
        pull_request=asked.number,
        review_id=review.id,
        commit=review.commit,
        login=review.login,
        submitted_at=at,
        url=review.url,
        server=settings.server,
        witnessed_at=asked.now.replace(microsecond=0),
    )
    bare = Approval(
        metric=wanted.metric,
        side=passed.side,
        person=passed.person,
        meaning=wanted.meaning.digest,
        approved_at=at,
        method=Method.GITHUB,
        github=evidence,
    )
    witness = asked.witness.sign(bare.witnessed_text(), WITNESS_NAMESPACE)
    return bare.model_copy(update={"github": evidence.model_copy(update={"witness": witness})})
