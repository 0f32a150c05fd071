"""The one comment that is kept up to date."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.github.client import GithubClient, Patience
from infra.github.comments import LONGEST, keep, mark, shortened
from infra.github.refusals import GithubError
from tests.support.github_server import BOT, READ_ONLY, TOKEN, WORKFLOW, Fault, GithubServer

QUICK = Patience(waiting=2, pause=0.01)


@pytest.fixture
def server() -> Iterator[GithubServer]:
    with GithubServer(page=3) as server:
        server.repository().open(12, head="a" * 40, base="b" * 40, author="priya")
        yield server


def say(server: GithubServer, text: str, token: str = TOKEN, name: str = "report") -> str:
    return keep(GithubClient(server.api_url, token, QUICK), "acme/metrics", 12, name, text).what


def test_a_comment_is_made_once_then_changed_then_left_alone(server: GithubServer) -> None:
    assert [say(server, text) for text in ("one", "two", "two")] == ["made", "changed", "unchanged"]
    assert server.repository().bodies(12) == [f"{mark('report')}\ntwo\n"]
    assert [asked.method for asked in server.changes()] == ["POST", "PATCH"]


def test_the_comment_is_found_on_a_later_page(server: GithubServer) -> None:
    repository = server.repository()
    for number in range(7):
        repository.comment(12, "priya", f"thought {number}")
    say(server, "one")
    for number in range(7):
        repository.comment(12, "priya", f"more {number}")
    assert say(server, "two") == "changed"
    assert len(repository.bodies(12)) == 15


def test_somebody_who_quotes_the_mark_is_never_written_over(server: GithubServer) -> None:
    repository = server.repository()
    repository.comment(12, "mallory", f"{mark('report')}\nAll is well, merge it.")
    assert say(server, "one") == "made"
    assert repository.bodies(12)[0].endswith("merge it.")
    assert say(server, "two") == "changed"


def test_the_token_of_a_workflow_finds_its_comment_although_it_may_not_ask_who_it_is(server: GithubServer) -> None:
    repository = server.repository()
    repository.comment(12, "mallory", mark("report"))
    assert [say(server, text, WORKFLOW) for text in ("one", "two")] == ["made", "changed"]
    assert repository.comments[12][1]["user"]["login"] == BOT


def test_a_comment_that_somebody_edited_is_brought_back(server: GithubServer) -> None:
    say(server, "one")
    server.repository().comments[12][0]["body"] = f"{mark('report')}\r\nsomething else\r\n"
    assert say(server, "one") == "changed"


def test_line_ends_that_the_server_changes_are_no_change(server: GithubServer) -> None:
    say(server, "one\ntwo")
    server.repository().comments[12][0]["body"] = f"{mark('report')}\r\none\r\ntwo"
    assert say(server, "one\ntwo") == "unchanged"


def test_comments_of_two_names_stand_beside_each_other(server: GithubServer) -> None:
    assert [say(server, "one"), say(server, "keys", name="keys")] == ["made", "made"]


def test_a_locked_conversation_and_a_token_that_may_only_read_are_told(server: GithubServer) -> None:
    with pytest.raises(GithubError, match="may not do that"):
        say(server, "one", READ_ONLY)
    server.repository().locked.add(12)
    with pytest.raises(GithubError, match="issue is locked"):
        say(server, "one")


def test_a_fault_after_the_comment_was_made_makes_no_second_one(server: GithubServer) -> None:
    say(server, "one")
    server.faults.extend([Fault(502)])
    assert say(server, "two") == "changed"
    assert len(server.repository().bodies(12)) == 1


def test_a_long_report_is_cut_after_a_line_with_its_blocks_closed_and_says_so(server: GithubServer) -> None:
    text = "<details>\n\n```sql\n" + "select 1 -- 視聴時間\n" * 8000 + "```\n</details>\n"
    assert say(server, text) == "made"
    (body,) = server.repository().bodies(12)
    assert LONGEST - 1000 < len(body) <= LONGEST
    assert body.count("```") == 2 and body.count("</details>") == 1 and "longer than a comment may be" in body


def test_a_text_within_the_limit_is_not_touched() -> None:
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert len(shortened("x\n" * LONGEST)) <= LONGEST


def test_a_single_endless_line_is_cut_too() -> None:
    assert len(shortened("x" * (LONGEST + 1))) <= LONGEST
