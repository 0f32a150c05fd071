"""Builds a model of a document, and turns what the model refuses into findings that a person can act on.

Used through `yaml_io.build` by the catalog and by `governance.policy.policy`. Values are taken strictly: a number is not text, a
text is not a number, and nothing is guessed; days, instants and durations are read from text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from metrics_catalog.expectation import Expectation, expected
from metrics_catalog.finding import Finding, did_you_mean
from metrics_catalog.shape import Shape, own_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metrics_catalog.yaml_document import Data, Document

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Fault:
    """One refusal of the model: where, the shape that holds the place, and what was expected there."""

    path: Path
    holder: Shape
    kind: str
    expectation: Expectation
    of_key: bool = False
    """The key itself is refused, not its value."""


def build(model: type[M], document: Document) -> tuple[M | None, tuple[Finding, ...]]:
    """The document as a model; None and findings for every field that the model refuses."""
    try:
        return model.model_validate_json(json.dumps(document.data), strict=True), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults = [_fault(model, detail, document) for detail in details]
    return None, tuple(_findings(document, faults))


def _fault(model: type[BaseModel], detail: Mapping[str, Any], document: Document) -> _Fault:
    location = detail["loc"]
    of_key = bool(location) and location[-1] == "[key]"
    path, holder = own_path(model, location[:-1] if of_key else location, unknown=detail["type"] == "extra_forbidden")
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        discriminator = str(detail["ctx"]["discriminator"]).strip("'")
        kind = "missing" if detail["type"] == "union_tag_not_found" else detail["type"]
        return _Fault((*path, discriminator), holder, kind, expected(detail))
    return _Fault(path, holder, detail["type"], expected(detail), of_key)


def _findings(document: Document, faults: Iterable[_Fault]) -> Iterable[Finding]:
    """One finding a place; where a value may be one of several things, only the alternative it comes nearest to is told."""
    by_path: dict[Path, list[_Fault]] = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault)
    for path, alike in by_path.items():
        deeper = any(len(other) > len(path) and other[: len(path)] == path for other in by_path)
        if not deeper:
            yield _finding(document, alike)


def _finding(document: Document, alike: list[_Fault]) -> Finding:
    first = alike[0]
    if first.kind == "missing":
        return _missing(document, first)
    if first.kind == "extra_forbidden":
        return _unknown(document, first)
    expectations = [fault.expectation for fault in alike]
    value: Data = str(first.path[-1]) if first.of_key else document.value(*first.path)
    words = tuple(word for expectation in expectations for word in expectation.words)
    phrase = " or ".join(dict.fromkeys(expectation.phrase for expectation in expectations))
    subject = f"A key of `{_dotted(first.path[:-1])}`" if first.of_key else f"`{_dotted(first.path)}`"
    message = f"{subject} is {_told(value)}; expected {phrase}."
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    if not hint and expectations[0].code == "RNG-CAT-022" and "text" in phrase and document.is_plain(*first.path):
        hint = "put it in quotes."
    place = document.place_of_key(*first.path) if first.of_key else document.place(*first.path)
    return Finding(expectations[0].code, place, message, hint or expectations[0].hint)


def _missing(document: Document, fault: _Fault) -> Finding:
    *holder, name = fault.path
    where = f" in `{_dotted(tuple(holder))}`" if holder else ""
    present = document.value(*holder)
    unknown = [key for key in present if key not in fault.holder.fields()] if isinstance(present, dict) else []
    near = did_you_mean(str(name), unknown)
    hint = f"is that {near.removeprefix('did you mean ')}" if near else f"add `{name}: …`."
    return Finding("RNG-CAT-020", document.place(*fault.path), f"`{name}` is missing{where}.", hint)


def _unknown(document: Document, fault: _Fault) -> Finding:
    *holder, name = fault.path
    where = f"`{_dotted(tuple(holder))}`" if holder else "this file"
    fields = fault.holder.fields()
    hint = did_you_mean(str(name), fields) or (f"fields here are {_listed(fields)}." if fields else "delete it.")
    return Finding("RNG-CAT-021", document.place_of_key(*fault.path), f"`{_short(str(name))}` is not a field of {where}.", hint)


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{_short(step)}" if text else _short(step)
    return text or "the file"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _told(value: Data) -> str:
    """A value as it is shown to a person."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{_short(value.strip())}`" if value.strip() else "empty text"
    return f"the number {_short(str(value))}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"
