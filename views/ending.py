"""The end of a deprecated column, as it stands in the properties of a definer view: JSON that every door can read.

Written by `plan` with the view, read by whoever answers queries: what a reader is told is what is published, and asks no file
of the project.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from metrics_catalog.lifecycle import End
from views.published_view import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDING = "ringi.ending."
"""Before the name of a deprecated column: the property that holds its end."""


def ending_text(ending: Ending) -> str:
    """The value of the property."""
    end = ending.end
    last = end.ends_on.isoformat() if end.ends_on else None
    facts = {"label_en": ending.label_en, "label_ja": ending.label_ja, "successor": end.successor, "reason": end.reason, "ends_on": last}
    return json.dumps(facts, sort_keys=True)


def told(column: str, ending: Ending, today: dt.date) -> str:
    """What a reader of a deprecated column is told."""
    end = ending.end
    instead = f": read `{end.successor}` instead" if end.successor else ""
    if end.ends_on is None:
        last = ""
    elif end.is_over(today):
        last = f" Its last day was {end.ends_on}; the next run drops it."
    else:
        last = f" Its last day is {end.ends_on}."
    return f"`{column}` ({ending.label_en} / {ending.label_ja}) is deprecated{instead}.{last} {end.reason}".strip()


def endings_in(properties: Mapping[str, str]) -> dict[str, Ending]:
    """The deprecated columns of a definer view, by name."""
    return {name.removeprefix(ENDING): _read(value) for name, value in properties.items() if name.startswith(ENDING)}


def _read(text: str) -> Ending:
    facts = json.loads(text)
    last = dt.date.fromisoformat(facts["ends_on"]) if facts["ends_on"] else None
    return Ending(facts["label_en"], facts["label_ja"], End(facts["successor"], facts["reason"], last))
