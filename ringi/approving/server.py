"""A web server for one person and one sitting: on this machine alone, on any free port, until its desk is done.

Who opens it first holds it. The link carries a token behind `#`, where no server and no log sees it; the page changes it
for a session, and the token is dead. Every question after that carries the session in a header, which no other page can
set, so a forged request of another page finds nothing; and the browser is told to load nothing from anywhere else.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from metrics_catalog.errors import RingiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST = "localhost"
"""The host of the pages, and so of the passkeys made on them."""
LARGEST_BODY = 64 * 1024
FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8") for name in ("page", "show", "plan", "dom", "words")},
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Cache-Control": "no-store",
}


class Desk(Protocol):
    """What happens on the page: answers by question, each from JSON to JSON; raises RingiError for what is refused."""

    @property
    def answers(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        """By the name of the question."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask; the server may go then."""


class PageServer:
    """Serves one desk. `with PageServer(desk) as server: … server.url …`"""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._token, self._session = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._desk = desk
        self._lock, self._finished = threading.Lock(), threading.Event()
        handler = type("Handler", (_Handler,), {"page": self})
        self._failure: Exception | None = None
        self._servers = _listening(handler, port)
        self.authority = f"{HOST}:{self._servers[0].server_port}"
        self.url = f"{self.origin}/#{self._token}"
        """The link to open; it works once."""

    @property
    def origin(self) -> str:
        return f"http://{self.authority}"

    def __enter__(self) -> PageServer:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def wait(self, seconds: float) -> bool:
        """Wait until the desk is done and the page has been told so; False where that took longer.

        What went wrong at the desk and is no refusal, such as a full disk, is raised here, where the command can tell it.
        """
        found = self._finished.wait(seconds)
        if self._failure is not None:
            raise self._failure
        return found

    def told(self, failure: Exception | None = None) -> None:
        """An answer has left for the page, or could not be delivered: either way it was given."""
        self._failure = self._failure or failure
        if self._desk.is_done or self._failure is not None:
            self._finished.set()

    def open(self, token: object) -> dict[str, Any] | None:
        """The session for the link's token, once."""
        with self._lock:
            if not self._token or not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = ""
            return {"session": self._session}

    def knows(self, session: str | None) -> bool:
        return session is not None and hmac.compare_digest(session.encode(), self._session.encode())

    def ask(self, question: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The desk's answer, one at a time; None where it knows no such question."""
        answer = self._desk.answers.get(question)
        with self._lock:
            return None if answer is None else answer(said)


class _Server(ThreadingHTTPServer):
    """One address of this machine; an idle connection of a browser never holds the command back."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is nothing to tell; what the desk does is told by `wait`."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listening(handler: type[BaseHTTPRequestHandler], port: int) -> list[_Server]:
    """Servers on both addresses that browsers take for `localhost`, so that nobody else on this machine can answer on one."""
    for _ in range(1 if port else 20):
        try:
            first = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise _taken(port) from error
        try:
            return [first, *([_Server6(("::1", first.server_port), handler)] if _has_ipv6() else [])]
        except OSError:
            first.server_close()
    raise _taken(port)


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _taken(port: int) -> UsageError:
    return UsageError(f"Port {port} of this machine is taken.", hint="leave `--port` out: any free port will do.")


class _Handler(BaseHTTPRequestHandler):
    """Files by GET, questions by POST; anything that is not from the page itself is refused."""

    page: PageServer
    server_version, sys_version = "Ringi", ""
    timeout = 30

    def do_GET(self) -> None:
        found = FILES.get(self.path)
        if not self._is_for_us() or found is None:
            self._send(HTTPStatus.NOT_FOUND, b"Not found.\n", "text/plain; charset=utf-8")
            return
        name, kind = found
        self._send(HTTPStatus.OK, (resources.files("ringi.approving") / "page" / name).read_bytes(), kind)

    def do_POST(self) -> None:
        said = self._said()
        if said is None or not self._is_for_us() or self.headers.get("Origin") != self.page.origin:
            self._say(HTTPStatus.BAD_REQUEST, _refusal("This request does not come from the page."))
        elif self.path == "/open":
            opened = self.page.open(said.get("token"))
            refused = _refusal("This link was used already, or is not whole.", "run the command again; it gives a fresh link.")
            self._say(HTTPStatus.OK if opened else HTTPStatus.FORBIDDEN, opened or refused)
        elif not self.page.knows(self.headers.get("X-Ringi-Session")):
            self._say(HTTPStatus.FORBIDDEN, _refusal("This page is not the one that the link opened.", "run the command again."))
        else:
            self._answer(self.path.removeprefix("/"), said)

    def _answer(self, question: str, said: Mapping[str, Any]) -> None:
        failure: Exception | None = None
        try:
            answer = self.page.ask(question, said)
            status = HTTPStatus.NOT_FOUND if answer is None else HTTPStatus.OK
        except RingiError as error:
            status, answer = HTTPStatus.CONFLICT, _refusal(error.message, error.hint)
        except Exception as error:  # noqa: BLE001  raised again by `wait`, in the thread of the command
            failure, status, answer = error, HTTPStatus.INTERNAL_SERVER_ERROR, _refusal("The command has ended.", "the terminal says why.")
        try:
            self._say(status, answer or _refusal("The page asked for something unknown."))
        finally:
            self.page.told(failure)

    def _is_for_us(self) -> bool:
        """A page of another name that points to this machine (DNS rebinding) is not ours."""
        return self.headers.get("Host") == self.page.authority

    def _said(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json" or not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True  # what was not read must not be taken for the next request
            return None
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None
        return said if isinstance(said, dict) else None

    def _say(self, status: HTTPStatus, answer: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing is logged: the terminal tells what happened on the page, not every request."""


def _refusal(message: str, hint: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "hint": hint}}
