"""Moments as people write them: a day, which stands for its end, or an instant."""

from __future__ import annotations

import datetime as dt
import re

from metrics_catalog.errors import UsageError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ].+")


def instant_of(text: str, else_write: str = "") -> dt.datetime | None:
    """The instant of a date (its end, in UTC) or of a date with a time; None for what has another shape. Raises UsageError for no date."""
    try:
        if _DAY.fullmatch(text):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time.max, dt.UTC)
        if _INSTANT.fullmatch(text):
            moment = dt.datetime.fromisoformat(text)
            return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        hint = f"write `2026-11-20`, or `2026-11-20T09:00:00Z`{else_write}."
        raise UsageError(f"`{text}` is no date.", hint=hint) from error
    return None
