"""Asks the approval page's server what a browser asks, over HTTP, with a passkey in memory."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from governance.keys.passkey_answer import decoded
from ringi.approving.server import PageServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringi.approving.server import Desk
    from tests.support.passkeys import Device


class Visitor:
    """Sends what a browser sends; `headers` replaces some of it. `subject` is what is approved unless another thing is said."""

    def __init__(self, server: PageServer, subject: str, device: Device, kind: str = "metric") -> None:
        self.server, self.session, self._subject, self._device, self._kind = server, "", subject, device, kind

    def ask(self, question: str, said: Any = None, method: str = "POST", body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.server.authority.split(":")[1]), timeout=10)
        sent = {
            "Host": self.server.authority,
            "Origin": self.server.origin,
            "Content-Type": "application/json",
            "X-Ringi-Session": self.session,
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{question}", json.dumps(said or {}).encode() if body is None else body, sent)
        answer = connection.getresponse()
        self.headers = dict(answer.getheaders())
        raw = answer.read()
        connection.close()
        return answer.status, json.loads(raw) if "json" in self.headers.get("Content-Type", "") else raw

    def open(self) -> Visitor:
        status, answer = self.ask("open", {"token": self.server.url.partition("#")[2]})
        assert status == 200
        self.session = answer["session"]
        return self

    def approve(self, subject: str | None = None, device: Device | None = None) -> tuple[int, Any]:
        said = {self._kind: subject or self._subject}
        status, asked = self.ask("challenge", said)
        assert status == 200, asked
        given = (device or self._device).but(origin=self.server.origin).answer(decoded(asked["challenge"]))
        return self.ask("answer", {**said, "assertion": given.model_dump()})


@contextmanager
def visited(desk: Desk, subject: str, device: Device, kind: str = "metric") -> Iterator[Visitor]:
    """A desk served on this machine, and somebody who visits it."""
    with PageServer(desk) as server:
        yield Visitor(server, subject, device, kind)
