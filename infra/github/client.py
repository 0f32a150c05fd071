"""Asks GitHub's API: pages, rate limits, retries. Gives JSON, or one sentence about what went wrong.

Used by `infra.github.pulls` and `infra.github.comments`. The token goes to the API's own host and nowhere else: redirects and
further pages are followed only there.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from infra.github import http, limits, refusals
from infra.github.http import Answer, NoAnswerError
from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION = "2022-11-28"
"""The version of the API whose shapes are read here."""

MOST_PAGES = 100
"""Of one list, at 100 entries a page; a pull request with more has something wrong with it."""

MOST_REDIRECTS = 3
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')  # <https://api.github.com/…?page=2>; rel="next"
_AGAIN = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is waited before giving up; all in seconds but `tries`."""

    waiting: float = 90.0
    """For rate limits, in all."""
    tries: int = 4
    """Of one request, where the server has a fault or does not answer."""
    pause: float = 0.5
    """Before the second try; doubled for each further one, and made uneven so that many machines do not ask at once."""
    timeout: float = 20.0
    """For one answer."""


@dataclass
class GithubClient:
    """One session with the API of a GitHub server, such as `https://api.github.com` or `https://ghe.example.com/api/v3`."""

    api_url: str
    token: str | None = field(default=None, repr=False)
    patience: Patience = Patience()
    say: Callable[[str], None] = lambda _: None
    _waited: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.api_url)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
            raise UsageError(f"`{self.api_url}` is no address of an API.", hint="such as https://api.github.com.")
        if parts.scheme == "http" and not local and self.token:
            raise UsageError(f"`{self.api_url}` would carry the token unencrypted.", hint="write https://.")
        self.api_url = self.api_url.rstrip("/")

    @property
    def host(self) -> str:
        """The server as it is named to people."""
        return urlsplit(self.api_url).netloc

    def get(self, path: str, doing: str) -> Any:
        """One JSON document."""
        return self._json(self._asked("GET", self.api_url + path, None, doing), doing)

    def pages(self, path: str, doing: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, over all its pages."""
        url: str | None = f"{self.api_url}{path}?{urlencode({'per_page': '100', **query})}"
        for _ in range(MOST_PAGES):
            answer = self._asked("GET", url or "", None, doing)
            entries = self._json(answer, doing)
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise refusals.misunderstood(self.host, doing, "a list was expected")
            yield from entries
            url = self._next(answer, url or "", doing)
            if url is None:
                return
        raise refusals.misunderstood(self.host, doing, f"the list has more than {MOST_PAGES} pages")

    def post(self, path: str, body: Mapping[str, Any], doing: str) -> Any:
        """Make something. Not sent again after a fault, since it may have been made all the same."""
        return self._json(self._asked("POST", self.api_url + path, body, doing), doing)

    def patch(self, path: str, body: Mapping[str, Any], doing: str) -> Any:
        """Change something; sent again after a fault, since twice is as once."""
        return self._json(self._asked("PATCH", self.api_url + path, body, doing), doing)

    def _asked(self, method: str, url: str, body: Mapping[str, Any] | None, doing: str) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._patiently(method, url, body, doing)
            if answer.status not in (301, 302, 307, 308):
                break
            url = self._own(urljoin(url, answer.headers.get("location", "")), doing)
        if 200 <= answer.status < 300:
            return answer
        raise refusals.refused(self.host, doing, answer, with_token=self.token is not None)

    def _patiently(self, method: str, url: str, body: Mapping[str, Any] | None, doing: str) -> Answer:
        """One request, sent again after rate limits and passing faults."""
        faults = refusals_so_far = 0
        while True:
            answer = self._once(method, url, body)
            if isinstance(answer, NoAnswerError):
                faults += 1
                if method == "POST" or not answer.passing or faults >= self.patience.tries:
                    raise refusals.unreachable(self.host, doing, answer) from answer
                self._pause(faults)
            elif (seconds := limits.wait_asked(answer, time.time(), refusals_so_far)) is not None:
                refusals_so_far += 1
                self._wait(seconds, doing)
            elif answer.status in _AGAIN and method != "POST" and faults + 1 < self.patience.tries:
                faults += 1
                self._pause(faults)
            else:
                return answer

    def _once(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answer | NoAnswerError:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION, "User-Agent": "ringi"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        raw = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            raw = json.dumps(body).encode()
        try:
            return http.send(method, url, headers, raw, self.patience.timeout)
        except NoAnswerError as error:
            return error

    def _wait(self, seconds: float, doing: str) -> None:
        left = self.patience.waiting - self._waited
        if seconds > left:
            raise refusals.limited(self.host, doing, seconds, max(0.0, left), time.time())
        self.say(f"{self.host} asks to wait {refusals.in_words(seconds)} (its rate limit); waiting.")
        self._waited += seconds
        time.sleep(seconds)

    def _pause(self, faults: int) -> None:
        time.sleep(self.patience.pause * 2 ** (faults - 1) * (0.5 + secrets.randbelow(1000) / 1000))

    def _next(self, answer: Answer, url: str, doing: str) -> str | None:
        found = _NEXT.search(answer.headers.get("link", ""))
        return self._own(urljoin(url, found[1]), doing) if found else None

    def _own(self, url: str, doing: str) -> str:
        """An address that the server named, where it is the API's own."""
        own, other = urlsplit(self.api_url), urlsplit(url)
        if (own.scheme, own.netloc) != (other.scheme, other.netloc):
            raise refusals.misunderstood(self.host, doing, "it points to another server, where the token does not belong")
        return url

    def _json(self, answer: Answer, doing: str) -> Any:
        try:
            return answer.json()
        except (ValueError, RecursionError) as error:
            raise refusals.misunderstood(self.host, doing, "it is no JSON") from error
