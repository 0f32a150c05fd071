"""Makes calls of AWS fail, through botocore's own hooks: answers with an error, drops a connection, loses an answer.

    with failing(aws, "glue", "UpdateTable", error("ThrottlingException"), at=2): ...

The hook stands before moto's, so a call that fails never happens, unless the fault lets it (`lost_answer`).
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

if TYPE_CHECKING:
    from infra.aws.account import Aws

Fault = Callable[[str, Any], Any]
"""Given the event's name and the request: an answer, None to let the call through, or a raised error."""


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


NOWHERE = "http://nowhere.invalid/"


def answer(request: Any, status: int, body: bytes, headers: dict[str, str] | None = None) -> AWSResponse:
    """An answer in place of moto's, which is kept from doing the call: botocore asks every hook and takes the first answer."""
    response = AWSResponse(request.url, status, headers or {}, _Raw(body))
    request.url = NOWHERE
    return response


def error(code: str, message: str = "it was made to fail", status: int = 400) -> Fault:
    """An error as the services with JSON answers give it."""

    def fault(name: str, request: Any) -> AWSResponse:
        return answer(
            request, status, json.dumps({"__type": code, "message": message}).encode(), {"content-type": "application/x-amz-json-1.1"}
        )

    return fault


def s3_error(code: str, message: str = "it was made to fail", status: int = 503) -> Fault:
    """An error as S3 gives it."""

    def fault(name: str, request: Any) -> AWSResponse:
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return answer(request, status, body.encode(), {"content-type": "application/xml"})

    return fault


def query_error(code: str, message: str = "it was made to fail", status: int = 400) -> Fault:
    """An error as STS and IAM give it."""

    def fault(name: str, request: Any) -> AWSResponse:
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return answer(request, status, body.encode(), {"content-type": "text/xml"})

    return fault


def dropped(name: str, request: Any) -> None:
    """The connection broke before anything was done."""
    raise ConnectionClosedError(endpoint_url=request.url)


def lost_answer(name: str, request: Any) -> None:
    """The call was done and the connection broke before its answer came."""
    from moto.core.models import botocore_stubber

    done = botocore_stubber(name, request)
    assert done is not None and done.status_code < 300, "the call was to be done"
    raise ConnectionClosedError(endpoint_url=request.url)


class Calls:
    """How many calls of the operation there were, and how many were made to fail."""

    def __init__(self) -> None:
        self.seen = self.failed = 0


@contextmanager
def failing(aws: Aws, service: str, operation: str, fault: Fault, *, at: int = 1, times: int = 1, only: str = "") -> Iterator[Calls]:
    """The calls from number `at` on fail, `times` of them; `only` counts those whose address or body has this text.

    `operation` may be `*` for every call of the service.
    """
    calls, lock = Calls(), threading.Lock()

    def hook(event_name: str, request: Any, **_: Any) -> Any:
        body = request.body if isinstance(request.body, bytes) else b""
        if only and only not in request.url and only.encode() not in body:
            return None
        with lock:
            calls.seen += 1
            fails = at <= calls.seen < at + times
            calls.failed += fails
        return fault(event_name, request) if fails else None

    events, event = aws.client(service).meta.events, f"before-send.{service}" + ("" if operation == "*" else f".{operation}")
    events.register_first(event, hook)
    try:
        yield calls
    finally:
        events.unregister(event, hook)


@contextmanager
def glue_versions(aws: Aws) -> Iterator[None]:
    """Glue's optimistic lock, which moto lacks: an update that names an old version of its table is refused.

    Looking at the version and moto's update are one step, whatever other threads do meanwhile.
    """
    one_at_a_time, mine = threading.Lock(), threading.local()

    def hook(event_name: str, request: Any, **_: Any) -> Any:
        from moto.backends import get_backend

        if request.url == NOWHERE:
            return None
        told = json.loads(request.body)
        one_at_a_time.acquire()
        mine.holds = True
        backend = get_backend("glue")[aws.account_id][aws.settings.region]
        present = backend.get_table(told["DatabaseName"], told["TableInput"]["Name"]).as_dict()["VersionId"]
        if told.get("VersionId") in (None, present):
            return None
        return error("ConcurrentModificationException", "the version is not the present one")(event_name, request)

    def answered(**_: Any) -> None:
        if getattr(mine, "holds", False):
            mine.holds = False
            one_at_a_time.release()

    events = aws.client("glue").meta.events
    events.register("before-send.glue.UpdateTable", hook)  # after faults, before moto
    events.register("response-received.glue.UpdateTable", answered)
    try:
        yield
    finally:
        events.unregister("before-send.glue.UpdateTable", hook)
        events.unregister("response-received.glue.UpdateTable", answered)
