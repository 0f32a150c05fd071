"""How long GitHub asks to wait: its primary limit (requests an hour) and its secondary ones (bursts), read from one answer.

Pure: used by the client, which waits within its patience or gives up with the time at which to try again.
"""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.github.http import Answer

LEAST = 1.0
"""Seconds that are waited at least: a server that says 0 for ever is left in the end."""

WITHOUT_A_WORD = 60.0
"""Seconds to wait where GitHub limits and does not say for how long; its documentation asks for a minute at least."""


def wait_asked(answer: Answer, now: float, refusals: int = 0) -> float | None:
    """Seconds until the next request may be sent; None where the answer is no rate limit.

    `now` is this machine's clock, in seconds since 1970, used where the server tells no time of its own; `refusals` is how often
    the same request was limited before, and doubles a wait that GitHub leaves open.
    """
    if answer.status not in (403, 429):
        return None
    if (stated := _number(answer.headers.get("retry-after"))) is not None:
        return max(LEAST, stated)
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = _number(answer.headers.get("x-ratelimit-reset"))
        if reset is not None:
            return max(0.0, reset - _server_clock(answer, now)) + LEAST  # a second more: both clocks are cut to whole seconds
    if answer.status == 429 or "rate limit" in answer.message.lower() or "abuse" in answer.message.lower():
        return WITHOUT_A_WORD * 2.0**refusals
    return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None


def _server_clock(answer: Answer, now: float) -> float:
    """The server's own time, so that a wrong clock on this machine neither waits for hours nor asks too early."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return now
