"""One request to a web API and its answer, through the standard library; used by the GitHub client alone.

Follows no redirect and never raises for a status: what an answer means is the client's to say. Proxies and certificates are
those of the machine (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`).
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; no page of GitHub's API comes near it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON; raises ValueError where it is none."""
        return json.loads(self.body.decode("utf-8"))

    @property
    def message(self) -> str:
        """What the server says about a refusal, in one line; empty where it says nothing that can be read."""
        try:
            said = self.json()
        except (ValueError, RecursionError):
            return ""
        return " ".join(str(said.get("message", "")).split())[:300] if isinstance(said, dict) else ""


class NoAnswerError(Exception):
    """No whole answer came; the text says why, to stand after a comma. `passing` is False where trying again cannot help."""

    def __init__(self, reason: str, *, passing: bool = True) -> None:
        super().__init__(reason)
        self.passing = passing


class _Stay(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to the caller, so that no token is ever carried to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float) -> Answer:
    """Send one request; raises NoAnswerError. `timeout` is in seconds, for connecting and for each read."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310  the client takes http and https only
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=timeout) as answer:
            return _whole(answer.status, answer.headers, answer)
    except urllib.error.HTTPError as error:  # every status but 2xx
        with error:
            return _read_refusal(error)
    except urllib.error.URLError as error:
        raise _in_words(error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _in_words(error) from error


def _read_refusal(error: urllib.error.HTTPError) -> Answer:
    try:
        return _whole(error.code, error.headers, error)
    except (OSError, http.client.HTTPException) as broken:
        raise _in_words(broken) from broken


def _whole(status: int, headers: Any, stream: Any) -> Answer:
    body = stream.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise NoAnswerError(f"its answer is longer than {LARGEST_ANSWER // 2**20} MiB", passing=False)
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def _in_words(cause: object) -> NoAnswerError:
    if isinstance(cause, TimeoutError):
        return NoAnswerError("it did not answer in time")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NoAnswerError("its certificate is not trusted by this machine", passing=False)
    if isinstance(cause, socket.gaierror):
        return NoAnswerError("its name is not known")
    if isinstance(cause, ConnectionRefusedError):
        return NoAnswerError("nothing listens there")
    if isinstance(cause, http.client.HTTPException | ConnectionError):
        return NoAnswerError("it broke off its answer")
    reason = getattr(cause, "strerror", None) or str(cause)
    return NoAnswerError(f"the network failed ({' '.join(str(reason).split())[:120]})")
