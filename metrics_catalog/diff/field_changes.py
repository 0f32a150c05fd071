"""The fields in which two versions of one definition differ, each with its class.

Used by `compare`. Expressions and filters are compared by what they mean, texts in Unicode's composed form: what only looks
different is no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.canonical_json import plain
from metrics_catalog.composition import canonical
from metrics_catalog.field_facts import facts_of
from metrics_catalog.model import FieldClass, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

STRICTNESS = (FieldClass.EDITORIAL, FieldClass.BUSINESS, FieldClass.LOGIC)
_EXPRESSIONS = ("expression", "filter")


class Difference(NamedTuple):
    """One field that differs; values are plain JSON, None where the field is not there."""

    field: str
    field_class: FieldClass
    before: Any
    after: Any


class _Stated(NamedTuple):
    field_class: FieldClass
    value: Any
    compared: Any
    """What decides whether it differs."""


def differences(before: Model, after: Model) -> list[Difference]:
    """All fields that differ, in the order of the file; a list of things with fields of their own is one field."""
    if before == after:
        return []
    old, new = _stated(before), _stated(after)
    found: dict[str, Difference] = {}
    for path in [*new, *(path for path in old if path not in new)]:
        was, now = old.get(path), new.get(path)
        if was is not None and now is not None and was.compared == now.compared:
            continue
        stricter = max((side.field_class for side in (was, now) if side is not None), key=STRICTNESS.index)
        change = Difference(path, stricter, was and was.value, now and now.value)
        whole = _list_of(path)
        if whole is None:
            found[path] = change
        elif whole not in found or STRICTNESS.index(stricter) > STRICTNESS.index(found[whole].field_class):
            found[whole] = Difference(whole, stricter, _value_at(before, whole), _value_at(after, whole))
    return list(found.values())


def likeness(before: Model, after: Model) -> float:
    """The share of stated fields that two definitions agree on, names aside: 1.0 for a definition under another name."""
    old = {path: stated.compared for path, stated in _stated(before).items()}
    new = {path: stated.compared for path, stated in _stated(after).items()}
    paths = old.keys() | new.keys()
    return sum(path in old and path in new and old[path] == new[path] for path in paths) / len(paths) if paths else 0.0


def _stated(model: Model) -> dict[str, _Stated]:
    return {fact.path: _Stated(fact.field_class, fact.value, _compared(fact.path, fact.value)) for fact in facts_of(model)}


def _compared(path: str, value: Any) -> Any:
    words = path.split(".")
    if isinstance(value, str) and words[-1] in _EXPRESSIONS and words[0] in ("how", "countries"):
        return canonical(value)
    return sorted(value) if path == "how.dimensions" else value


def _list_of(path: str) -> str | None:
    """`keys` for `keys.0.public_key`: positions shift when something is put before, so the list is told as one."""
    words = path.split(".")
    position = next((at for at, word in enumerate(words) if word.isdecimal()), None)
    return None if not position else ".".join(words[:position])


def _value_at(model: Model, path: str) -> Any:
    value: Any = model
    for word in path.split("."):
        value = value.get(word) if isinstance(value, dict) else getattr(value, word, None)
    return list(_listed(value)) or None if isinstance(value, tuple | list) else value


def _listed(values: tuple[Any, ...] | list[Any]) -> Iterator[Any]:
    for value in values:
        yield plain(value.model_dump(mode="json", exclude_defaults=True) if isinstance(value, Model) else value)
