"""Listings of AWS, all pages of them, and which operations an account has at all.

Where botocore's model knows how an operation pages, its paginator is used; where not (ListPermissions, opt-ins, registered places)
the tokens are followed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.aws.foreign import AccessRefusedError, code_of, translated
from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 1000
"""Entries of a page: the most that Lake Formation's listings take."""

UNKNOWN = frozenset(
    {
        "UnknownOperationException",
        "UnknownOperation",
        "InvalidAction",
        "NotImplemented",
        "NotImplementedError",
        "NotImplementedException",
        "404",
    }
)
"""Codes with which an endpoint says that it does not have an operation."""


def entries(client: Any, operation: str, key: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every entry of a listing, page by page; `operation` is boto3's name of it. Raises botocore's errors."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**parameters):
            yield from page.get(key) or ()
        return
    token: str | None = None
    while True:
        page = getattr(client, operation)(**parameters, **({"NextToken": token} if token else {}))
        yield from page.get(key) or ()
        follow = page.get("NextToken")
        if not follow or follow == token:  # some services end with the token they were given
            return
        token = follow


def has(client: Any, operation: str) -> bool:
    """Whether this version of botocore knows an operation."""
    return hasattr(client, operation)


def if_there(
    doing: str, look: Callable[[], list[dict[str, Any]]], *, may_be_refused: bool = False
) -> tuple[list[dict[str, Any]] | None, str]:
    """What a look gives; None and a sentence where the account does not have the operation, or (`may_be_refused`) refuses it."""
    try:
        with translated(doing):
            return look(), ""
    except AccessRefusedError as error:
        if not may_be_refused or "RNG-INF-030" in (error.hint or ""):
            raise
        return None, f"these credentials may not look: {error.message}"
    except InfraError as error:
        if error.__cause__ is None or not _unknown(error.__cause__):
            raise
        return None, f"the account does not have this while {doing}"


def _unknown(error: BaseException) -> bool:
    if isinstance(error, AttributeError):
        return True
    answer = getattr(error, "response", None)
    status = (answer or {}).get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(answer, dict) else None
    return isinstance(error, Exception) and (code_of(error) in UNKNOWN or status == 501)
