"""The GitHub client against a server that limits, fails, redirects and pages as GitHub does."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from infra.github.client import GithubClient, Patience
from infra.github.http import Answer
from infra.github.limits import wait_asked
from infra.github.pulls import pull, reviews
from infra.github.refusals import GithubError
from metrics_catalog.errors import ExitCode, UsageError
from tests.support.github_server import TOKEN, Fault, GithubServer

HEAD, BASE = "a" * 40, "b" * 40
QUICK = Patience(waiting=3, pause=0.01)


@pytest.fixture
def server() -> Iterator[GithubServer]:
    with GithubServer() as server:
        server.repository().open(12, head=HEAD, base=BASE, author="priya")
        yield server


def client(server: GithubServer, token: str | None = TOKEN, patience: Patience = QUICK, said: list[str] | None = None) -> GithubClient:
    return GithubClient(server.api_url, token, patience, said.append if said is not None else lambda _: None)


def read(server: GithubServer, **options: object) -> object:
    return pull(client(server, **options), "acme/metrics", 12)  # type: ignore[arg-type]  # options of `client`


def refusal(server: GithubServer, **options: object) -> GithubError:
    with pytest.raises(GithubError) as caught:
        read(server, **options)
    assert caught.value.exit_code is ExitCode.OUTSIDE
    assert TOKEN not in str(caught.value)
    return caught.value


def test_every_page_of_a_list_is_read_in_order(server: GithubServer) -> None:
    import datetime as dt

    server.page = 2
    repository = server.repository()
    ids = [repository.review(12, f"person{n}", "COMMENTED", dt.datetime(2026, 11, 20, 9, n, tzinfo=dt.UTC)) for n in range(5)]
    assert [review.id for review in reviews(client(server), "acme/metrics", 12)] == ids
    assert len(server.asked) == 3


def test_a_used_up_hour_is_waited_for_and_said(server: GithubServer) -> None:
    server.use_up(1)
    said: list[str] = []
    before = time.monotonic()
    assert read(server, said=said)
    assert time.monotonic() - before >= 0.9
    assert len(said) == 1 and "(its rate limit); waiting." in said[0]


def test_a_limit_beyond_the_patience_ends_at_once_with_the_time_to_try_again(server: GithubServer) -> None:
    server.use_up(1400)
    error = refusal(server)
    assert error.code == "RNG-INF-051" and "asked to wait 23 minutes" in str(error) and "--wait 14" in str(error) and "UTC" in str(error)
    assert len(server.asked) == 1


def test_a_secondary_limit_is_waited_for_as_long_as_it_says(server: GithubServer) -> None:
    server.faults.append(Fault(403, "You have exceeded a secondary rate limit.", {"Retry-After": "1"}))
    said: list[str] = []
    assert read(server, said=said)
    assert said == [f"{client(server).host} asks to wait 1 s (its rate limit); waiting."]


def test_waiting_is_bounded_over_all_requests_of_a_session(server: GithubServer) -> None:
    one = client(server, patience=Patience(waiting=1.5, pause=0.01))
    server.faults.append(Fault(429, "Too many", {"Retry-After": "1"}))
    assert pull(one, "acme/metrics", 12)
    server.faults.append(Fault(429, "Too many", {"Retry-After": "1"}))
    with pytest.raises(GithubError, match="0 s of waiting are left"):
        pull(one, "acme/metrics", 12)


@pytest.mark.parametrize(
    ("status", "headers", "message", "refusals", "expected"),
    [
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000"}, "", 0, None),
        (403, {}, "Resource not accessible by integration", 0, None),
        (403, {"retry-after": "7"}, "", 0, 7.0),
        (403, {"retry-after": "soon"}, "You have exceeded a secondary rate limit", 0, 60.0),
        (403, {}, "You have triggered an abuse detection mechanism", 2, 240.0),
        (429, {}, "", 0, 60.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}, "", 0, 31.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, "", 0, 1.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030", "date": "Thu, 01 Jan 1970 00:17:00 GMT"}, "", 0, 11.0),
        (429, {"retry-after": "nan"}, "", 0, 60.0),
        (429, {"retry-after": "0"}, "", 0, 1.0),
    ],
)
def test_how_long_github_asks_to_wait(status: int, headers: dict[str, str], message: str, refusals: int, expected: float | None) -> None:
    answer = Answer(status, headers, b'{"message": "%s"}' % message.encode())
    assert wait_asked(answer, 1000.0, refusals) == expected


def test_a_fault_of_the_server_is_tried_again_and_then_told(server: GithubServer) -> None:
    server.faults.extend([Fault(502), Fault(0), Fault(503)])
    assert read(server)
    server.faults.extend([Fault(500)] * 4)
    error = refusal(server)
    assert error.code == "RNG-INF-050" and "answered 500, again and again" in str(error)


def test_a_server_that_does_not_answer_in_time_is_asked_again(server: GithubServer) -> None:
    server.faults.append(Fault(200, delay=2.0))
    assert read(server, patience=Patience(pause=0.01, timeout=1.0))
    assert len(server.asked) == 2


def test_what_may_have_been_made_is_not_made_again(server: GithubServer) -> None:
    server.faults.append(Fault(502))
    with pytest.raises(GithubError, match="answered 502"):
        client(server).post("/repos/acme/metrics/issues/12/comments", {"body": "x"}, "writing")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(403, "Resource not accessible by integration"), "RNG-INF-053", "the token may not do that. It says: Resource not"),
        (Fault(404, "Not Found"), "RNG-INF-054", "there is no such thing, or the token may not see it"),
        (Fault(422, "Validation Failed"), "RNG-INF-055", "does not take what was sent. It says: Validation Failed"),
        (Fault(418), "RNG-INF-056", "which is no answer of GitHub's API"),
        (Fault(200, raw=b"<html>welcome</html>"), "RNG-INF-056", "it is no JSON"),
        (Fault(200, raw=b'{"number": 12}'), "RNG-INF-056", "a field is missing"),
        (Fault(200, raw=b"[" * 100_000), "RNG-INF-056", "it is no JSON"),
        (Fault(301, headers={"Location": "https://evil.example.com/x"}), "RNG-INF-056", "points to another server"),
    ],
)
def test_each_refusal_is_one_sentence_with_a_hint_and_a_code(server: GithubServer, fault: Fault, code: str, words: str) -> None:
    server.faults.append(fault)
    error = refusal(server)
    assert error.code == code and words in str(error) and "Hint: " in str(error) and f"ringi explain {code}" in str(error)
    assert len(server.asked) == 1, "trying again would not help"


def test_a_bad_token_and_a_missing_one_are_told_apart(server: GithubServer) -> None:
    assert "the token is not accepted" in str(refusal(server, token="ghp_ended"))
    server.faults.append(Fault(401, "Requires authentication"))
    assert "it wants a token" in str(refusal(server, token=None))


def test_a_renamed_repository_is_followed_on_the_same_server_only(server: GithubServer) -> None:
    server.renamed["old/metrics"] = "acme/metrics"
    assert pull(client(server), "old/metrics", 12).repository == "acme/metrics"


def test_further_pages_on_another_server_are_not_asked_for(server: GithubServer) -> None:
    link = {"Link": '<https://evil.example.com/steal?page=2>; rel="next"'}
    server.faults.append(Fault(200, headers=link, raw=b"[]"))
    with pytest.raises(GithubError, match="points to another server"):
        reviews(client(server), "acme/metrics", 12)


def test_nothing_listening_is_a_sentence() -> None:
    with GithubServer() as gone:
        address = gone.api_url
    with pytest.raises(GithubError, match="gave no answer: nothing listens there"):
        pull(GithubClient(address, TOKEN, QUICK), "acme/metrics", 12)


@pytest.mark.parametrize("address", ["api.github.com", "ftp://api.github.com", "https://user:pass@api.github.com", "file:///etc/passwd"])
def test_what_is_no_address_of_an_api_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no address of an API"):
        GithubClient(address, TOKEN)


def test_a_token_is_never_sent_unencrypted_nor_shown() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        GithubClient("http://ghe.example.com/api/v3", TOKEN)
    assert TOKEN not in repr(GithubClient("https://ghe.example.com/api/v3", TOKEN))
