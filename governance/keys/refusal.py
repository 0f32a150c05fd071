"""Why a key does not count, and how instants stand in such sentences.

Made by every check of an approval (`turned_key`, `registered`, `passkey`, `github_review`); the gate turns it into a
finding, `approve` into an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may differ before an approval counts as made in the future."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key does not count: a finding's code, one sentence, what to do, and the approval's field that shows it."""

    code: str
    message: str
    hint: str
    field: str = "person"


def utc(instant: datetime) -> datetime:
    """The instant in UTC; one written without an offset is meant in UTC. Before the first and after the last day there is no other."""
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return (datetime.min if instant.year == 1 else datetime.max).replace(tzinfo=UTC)


def shown(instant: datetime) -> str:
    """An instant as people read it, to the second, in UTC."""
    return utc(instant).isoformat(timespec="seconds").replace("+00:00", "Z")


def within(instant: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether an instant lies in a half-open window."""
    return (start is None or utc(start) <= utc(instant)) and (end is None or utc(instant) < utc(end))


def span(start: datetime | None, end: datetime | None) -> str:
    """A window in words; empty where it has no end on either side."""
    return " ".join(part for part in (start and f"from {shown(start)}", end and f"until {shown(end)}") if part)
