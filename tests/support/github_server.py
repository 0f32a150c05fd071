"""A GitHub API server that behaves: a real HTTP server in a thread, with pull requests, reviews, comments, pages and limits.

Tests fill it through `repository`, hold it against the client through its faults and limits, and read what was asked of it.
What it answers follows GitHub's documentation of version 2022-11-28.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Json = dict[str, Any]
TOKEN = "ghp_" + "a1B2" * 9
READ_ONLY = "ghs_" + "c3D4" * 9
"""The token of a workflow that a fork started."""
WORKFLOW = "ghs_" + "e5F6" * 9
"""The token of a workflow that may comment; it may not ask who it is."""
BOT = "github-actions[bot]"


@dataclass(frozen=True)
class Fault:
    """An answer given in place of the real one."""

    status: int
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent as it is; with status 0 the connection is cut."""
    delay: float = 0.0


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    token: str | None


@dataclass
class GithubRepository:
    """One repository on the server."""

    name: str
    server: GithubServer
    pulls: dict[int, Json] = field(default_factory=dict)
    reviews: dict[int, list[Json]] = field(default_factory=dict)
    commits: dict[int, list[Json]] = field(default_factory=dict)
    comments: dict[int, list[Json]] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)

    def open(self, number: int, *, head: str, base: str, author: str, commits: int = 1, authors: tuple[str, ...] = ()) -> None:
        """Open a pull request."""
        page = f"{self.server.html_url}/{self.name}/pull/{number}"
        self.pulls[number] = {
            "number": number,
            "state": "open",
            "merged_at": None,
            "head": {"sha": head},
            "base": {"sha": base, "repo": {"full_name": self.name}},
            "user": {"login": author, "type": "User"},
            "commits": commits,
            "html_url": page,
        }
        self.commits[number] = [_commit(head, login) for login in authors or (author,)]
        self.reviews[number], self.comments[number] = [], []

    def push(self, number: int, head: str) -> None:
        """Put another commit at the head, by force or not: reviews keep the commit they were of."""
        self.pulls[number]["head"]["sha"] = head

    def review(self, number: int, login: str, state: str, at: dt.datetime, commit: str | None = None) -> int:
        """Add a review; of the present head unless a commit is given. Gives its id."""
        review_id = self.server.new_id()
        self.reviews[number].append(
            {
                "id": review_id,
                "user": {"login": login, "type": "User"},
                "state": state,
                "commit_id": commit or self.pulls[number]["head"]["sha"],
                "submitted_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "html_url": f"{self.pulls[number]['html_url']}#pullrequestreview-{review_id}",
            }
        )
        return review_id

    def dismiss(self, number: int, review_id: int) -> None:
        """Dismiss a review, as somebody with write access may."""
        next(review for review in self.reviews[number] if review["id"] == review_id)["state"] = "DISMISSED"

    def comment(self, number: int, login: str, body: str) -> int:
        """Add a comment of somebody; gives its id."""
        kind = "Bot" if login.endswith("[bot]") else "User"
        comment_id = self.server.new_id()
        page = f"{self.pulls[number]['html_url']}#issuecomment-{comment_id}"
        self.comments[number].append({"id": comment_id, "user": {"login": login, "type": kind}, "body": body, "html_url": page})
        return comment_id

    def bodies(self, number: int) -> list[str]:
        """What the comments say, oldest first."""
        return [comment["body"] for comment in self.comments[number]]


def _commit(sha: str, login: str) -> Json:
    person = {"name": login, "email": f"{login}@users.example.com"}
    user = {"login": login, "type": "User"} if login else None
    return {"sha": sha, "commit": {"author": person, "committer": person}, "author": user, "committer": user}


class GithubServer:
    """The server; use it as a context manager. `api_url` is its API, `html_url` its pages."""

    def __init__(self, *, page: int = 30, logins: dict[str, str] | None = None) -> None:
        self.page = page
        """Most entries of a page, whatever is asked for."""
        self.logins = {TOKEN: "release-robot", WORKFLOW: BOT, READ_ONLY: BOT, **(logins or {})}
        self.repositories: dict[str, GithubRepository] = {}
        self.renamed: dict[str, str] = {}
        self.faults: deque[Fault] = deque()
        self.asked: list[Asked] = []
        self.remaining, self.reset = 5000, time.time() + 3600
        self._ids, self._lock = iter(range(1001, 10**9)), threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def html_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_url(self) -> str:
        return f"{self.html_url}/api/v3"

    def __enter__(self) -> GithubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def repository(self, name: str = "acme/metrics") -> GithubRepository:
        """The repository of this name, made where there is none."""
        return self.repositories.setdefault(name, GithubRepository(name, self))

    def new_id(self) -> int:
        return next(self._ids)

    def use_up(self, seconds: float) -> None:
        """No request is left of the hour's; the next hour begins in so many seconds."""
        self.remaining, self.reset = 0, int(time.time() + seconds)

    def changes(self) -> list[Asked]:
        """Requests that change something."""
        return [asked for asked in self.asked if asked.method != "GET"]

    def answer(self, asked: Asked, query: dict[str, list[str]], body: Any) -> Fault | tuple[int, Any, dict[str, str]]:
        """What one request gets."""
        with self._lock:
            self.asked.append(asked)
            if self.faults:
                return self.faults.popleft()
            if refused := self._refused(asked):
                return refused
            return self._routed(asked, query, body)

    def _refused(self, asked: Asked) -> Fault | None:
        if asked.token is not None and asked.token not in self.logins:
            return Fault(401, "Bad credentials")
        if self.remaining <= 0 and time.time() >= self.reset:
            self.remaining, self.reset = 5000, time.time() + 3600
        limit = {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(max(0, self.remaining - 1)),
            "x-ratelimit-reset": f"{self.reset:.0f}",
        }
        if self.remaining <= 0:
            return Fault(403, "API rate limit exceeded for user ID 7.", limit)
        self.remaining -= 1
        return None

    def _routed(self, asked: Asked, query: dict[str, list[str]], body: Any) -> Fault | tuple[int, Any, dict[str, str]]:
        steps = urlsplit(asked.path).path.removeprefix("/api/v3").strip("/").split("/")
        if steps == ["user"]:
            login = self.logins.get(asked.token or "")
            return (200, {"login": login}, {}) if login and login != BOT else Fault(403, "Resource not accessible by integration")
        name = "/".join(steps[1:3])
        if name in self.renamed:
            target = asked.path.replace(name, self.renamed[name])
            return 301, {"message": "Moved Permanently"}, {"Location": f"{self.html_url}{target}"}
        repository = self.repositories.get(name)
        if steps[0] != "repos" or repository is None:
            return Fault(404, "Not Found")
        match asked.method, steps[3:]:
            case "GET", ["pulls", number]:
                return self._entry(repository.pulls, int(number))
            case "GET", ["pulls", number, "reviews"]:
                return self._listed(asked, query, repository.reviews.get(int(number)))
            case "GET", ["pulls", number, "commits"]:
                return self._listed(asked, query, repository.commits.get(int(number)))
            case "GET", ["pulls", number, "reviews", one]:
                found = {review["id"]: review for review in repository.reviews.get(int(number), [])}
                return self._entry(found, int(one))
            case "GET", ["issues", number, "comments"]:
                return self._listed(asked, query, repository.comments.get(int(number)))
            case "POST", ["issues", number, "comments"]:
                return self._write(repository, asked, int(number), None, body)
            case "PATCH", ["issues", "comments", one]:
                return self._write(repository, asked, None, int(one), body)
        return Fault(404, "Not Found")

    def _entry(self, entries: dict[int, Json], number: int) -> Fault | tuple[int, Any, dict[str, str]]:
        return (200, entries[number], {}) if number in entries else Fault(404, "Not Found")

    def _listed(self, asked: Asked, query: dict[str, list[str]], entries: list[Json] | None) -> Fault | tuple[int, Any, dict[str, str]]:
        if entries is None:
            return Fault(404, "Not Found")
        size = min(self.page, int(query.get("per_page", ["30"])[0]), 100)
        number = int(query.get("page", ["1"])[0])
        last = max(1, -(-len(entries) // size))
        base = f"{self.html_url}{urlsplit(asked.path).path}"
        named = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        wanted = [rel for rel in named if (rel in ("next", "last")) is (number < last) or (rel in ("prev", "first") and number > 1)]
        links = [f'<{base}?{urlencode({"per_page": size, "page": named[rel]})}>; rel="{rel}"' for rel in wanted if 1 <= named[rel] <= last]
        return 200, entries[(number - 1) * size : number * size], {"Link": ", ".join(links)} if links else {}

    def _write(
        self, repository: GithubRepository, asked: Asked, number: int | None, one: int | None, body: Any
    ) -> Fault | tuple[int, Any, dict[str, str]]:
        if asked.token is None:
            return Fault(401, "Requires authentication")
        if asked.token == READ_ONLY:
            return Fault(403, "Resource not accessible by integration")
        text = body.get("body") if isinstance(body, dict) else None
        if not isinstance(text, str) or not text.strip():
            return Fault(422, "Validation Failed")
        if len(text) > 65536:
            return Fault(422, "Validation Failed: body is too long (maximum is 65536 characters)")
        if number is not None:
            if number not in repository.comments:
                return Fault(404, "Not Found")
            if number in repository.locked:
                return Fault(403, "Unable to create comment because issue is locked.")
            made = repository.comment(number, self.logins[asked.token], text)
            return 201, next(each for each in repository.comments[number] if each["id"] == made), {}
        for comment in (each for listed in repository.comments.values() for each in listed):
            if comment["id"] == one:
                comment["body"] = text
                return 200, comment, {}
        return Fault(404, "Not Found")


def _handler(github: GithubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(size)
            scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
            asked = Asked(self.command, self.path, token if scheme == "Bearer" else None)
            result = github.answer(asked, parse_qs(urlsplit(self.path).query), json.loads(raw) if raw else None)
            if isinstance(result, Fault):
                time.sleep(result.delay)
                if result.status == 0:
                    self.close_connection = True
                    return
                content = result.raw if result.raw is not None else json.dumps({"message": result.message}).encode()
                self._send(result.status, content, result.headers)
            else:
                self._send(result[0], json.dumps(result[1]).encode(), result[2])

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response_only(status)
                for name, value in {"Date": formatdate(usegmt=True), "Content-Type": "application/json; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # the client did not wait
                self.close_connection = True

        do_GET = do_POST = do_PATCH = _do  # noqa: N815  the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    return Handler
