"""Whose review turns a key: the judgement itself, against a second one that is written the other way round."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.keys.pull_request import Author, PullRequest, Review, accepted
from metrics_catalog.person import Person, Side

HEAD, OLD = "a" * 40, "b" * 40
PULL = PullRequest(7, "acme/metrics", "open", HEAD, OLD, "Opener", 2, "https://github.com/acme/metrics/pull/7")
PEOPLE = {
    "emi": Person(name="Emi", team="x", sides=(Side.BUSINESS,), github="Emi-T"),
    "writer": Person(name="W", team="x", sides=(Side.BUSINESS,), github="writer"),
    "mail": Person(name="M", team="x", sides=(Side.BUSINESS,), github="mail", email="Mail@example.com"),
    "tech": Person(name="T", team="x", sides=(Side.TECH,), github="tech"),
    "opener": Person(name="O", team="x", sides=(Side.BUSINESS,), github="opener"),
    "one": Person(name="1", team="x", sides=(Side.BUSINESS,), github="shared"),
    "two": Person(name="2", team="x", sides=(Side.BUSINESS,), github="Shared"),
}
AUTHORS = (Author("Writer", "w@example.com"), Author("", "mail@EXAMPLE.com"), Author("Opener", ""))
LOGINS = ("emi-t", "Emi-T", "writer", "mail", "tech", "OPENER", "shared", "nobody", "")
STATES = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING")


def instant(minute: int) -> dt.datetime:
    return dt.datetime(2026, 11, 20, 9, minute, tzinfo=dt.UTC)


REVIEWS = st.lists(
    st.tuples(st.sampled_from(LOGINS), st.sampled_from(STATES), st.sampled_from((HEAD, OLD, "")), st.none() | st.integers(0, 5)),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(REVIEWS, st.randoms(use_true_random=False))
def test_only_emi_can_ever_pass_and_only_by_her_latest_verdict(told: list[tuple[str, str, str, int | None]], random: object) -> None:
    reviews = [
        Review(number, login, state, commit, None if minute is None else instant(minute), "")
        for number, (login, state, commit, minute) in enumerate(told, start=1)
    ]
    random.shuffle(reviews)  # type: ignore[attr-defined]  # the order of pages must not matter
    passed, ignored = accepted(PULL, reviews, AUTHORS, PEOPLE, (Side.BUSINESS,))
    emi = [each for each in reviews if each.login.lower() == "emi-t" and each.submitted_at and each.state not in ("COMMENTED", "PENDING")]
    newest = max(emi, key=lambda each: (each.submitted_at or instant(0), each.id), default=None)
    counts = newest is not None and newest.state == "APPROVED" and newest.commit == HEAD
    assert [(each.review, each.person, each.side) for each in passed] == ([(newest, "emi", Side.BUSINESS)] if counts else [])
    assert all(each.why.endswith(".") for each in ignored)


def test_each_reviewer_is_told_why_once() -> None:
    approvals = [
        Review(n, login, "APPROVED", HEAD, instant(n), "") for n, login in enumerate(("writer", "mail", "tech", "opener", "shared", "x"))
    ]
    _, ignored = accepted(PULL, approvals, AUTHORS, PEOPLE, (Side.BUSINESS,))
    assert {each.login: each.why for each in ignored} == {
        "writer": "`writer` wrote a commit of the pull request.",
        "mail": "`mail` wrote a commit of the pull request.",
        "tech": "`tech` holds none of the sides business whose keys may be turned by review.",
        "opener": "opened the pull request.",
        "shared": "belongs to one and two.",
        "x": "is the GitHub account of nobody in the base branch's people.yaml.",
    }
