"""A change in words: the sentence a person reads first, before the field's path and its values.

Used by `compare`. Plain English for the fields people know (`what.description.ja` is the Japanese description); the path
itself for all others.
"""

from __future__ import annotations

import json
from typing import Any

LONGEST = 160
"""A longer value is shortened in a sentence; the whole value stands in the change."""

_LANGUAGES = {"en": "English", "ja": "Japanese"}
_NAMES = {
    "what.label": "label",
    "what.description": "description",
    "what.unit": "unit",
    "what.not_for": "warning what it is not for",
    "what.aliases": "list of aliases",
    "why.question": "question",
    "why.decision": "decision",
    "why.consumers": "list of consumers",
    "how.source": "source",
    "how.kind": "kind",
    "how.filter": "filter",
    "how.expression": "expression",
    "how.dimensions": "list of dimensions",
    "how.numerator": "numerator",
    "how.denominator": "denominator",
    "owners.tech": "Tech owner",
    "owners.business": "Business owner",
    "reporting_time_zone": "reporting time zone",
    "grain.time": "length of a period",
    "grain.dimensions": "grain",
    "metrics": "list of metrics",
    "rows": "rows",
    "entries": "list of later talks",
    "passkeys": "list of passkeys",
}
_OF_VARIANT = {"filter": "own filter", "expression": "own expression", "reason": "reason to differ", "until": "end of the variant"}
_KINDS = {"person": "person", "country": "country", "policy": "policy file"}


def field_name(kind: str, field: str) -> str:
    """What a field is called in a sentence: `English description`, `own filter of JP`, or the path in backquotes."""
    words = field.split(".")
    if kind == "metric" and words[0] == "countries" and len(words) == 3:
        return f"{_OF_VARIANT.get(words[2], words[2])} of {words[1]}"
    language = _LANGUAGES.get(words[-1])
    stem = ".".join(words[:-1]) if language else field
    if stem in _NAMES:
        return f"{language} {_NAMES[stem]}" if language else _NAMES[stem]
    plain = field.replace("_", " ")
    return plain if plain.isalpha() else f"`{field}`"


def changed(kind: str, name: str, field: str, before: Any, after: Any) -> str:
    """One field of one definition."""
    who, what = _subject(kind, name), field_name(kind, field)
    if kind == "hearing" and field == "entries" and _decisions(before) != _decisions(after):
        before, after = _decisions(before), _decisions(after)
    if isinstance(before or after, list) and isinstance(before or [], list) and isinstance(after or [], list):
        before, after = before or [], after or []
        return f"{who}: the {what} {_list_change(before, after)}."
    if before in (None, {}) and before != after:
        return f"{who}: the {what} is new{_being(after)}."
    if after in (None, {}):
        return f"{who}: the {what} is removed{_was(before)}."
    return f"{who}: the {what} changes from {shown(before)} to {shown(after)}."


def added(kind: str, name: str) -> str:
    return f"{_subject(kind, name)} is new."


def removed(kind: str, name: str) -> str:
    return f"{_subject(kind, name)} is removed."


def renamed(kind: str, before: str, after: str) -> str:
    return f"The {_KINDS.get(kind, kind)} `{before}` is now called `{after}`."


def elsewhere(kind: str, name: str, before: str, after: str) -> str:
    return f"{_subject(kind, name)} now stands in `{after}`, not in `{before}`; that alone voids no key."


def unreadable(file: str, fault: str, *, now: bool) -> str:
    when = "cannot be read now" if now else "could not be read at the base"
    return f"`{file}` {when}: {fault}"


def shown(value: Any) -> str:
    """A value in a sentence, in backquotes, shortened where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split()).replace("`", "'")
    return f"`{line if len(line) <= LONGEST else line[: LONGEST - 1] + '…'}`"


def approval(side: str, metric: str, person: str) -> str:
    """One key that was turned."""
    return f"The {side.capitalize()} key of `{metric}` turned by {person}"


def _subject(kind: str, name: str) -> str:
    if kind == "approval":
        return name
    return f"`{name}`" if kind == "metric" else f"The {_KINDS.get(kind, kind)} `{name}`"


def _list_change(before: list[Any], after: list[Any]) -> str:
    old, new = [shown(item) for item in before], [shown(item) for item in after]
    gone, come = [item for item in old if item not in new], [item for item in new if item not in old]
    parts = [f"{verb} {_some(items)}" for verb, items in (("gains", come), ("loses", gone)) if items]
    return " and ".join(parts) or ("is in another order" if sorted(old) == sorted(new) else "repeats other members")


def _decisions(talks: Any) -> list[Any]:
    """What was decided at each later talk of a hearing; the rest of a talk is read in its file."""
    return [talk.get("decision") for talk in talks or () if isinstance(talk, dict)]


def _some(items: list[str]) -> str:
    return ", ".join(items) if len(items) <= 3 else f"{', '.join(items[:3])} and {len(items) - 3} more"


def _being(value: Any) -> str:
    return "" if value in (None, {}) else f": {shown(value)}"


def _was(value: Any) -> str:
    return "" if value in (None, {}) else f" (was {shown(value)})"
