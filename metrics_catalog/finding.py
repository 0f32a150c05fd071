"""A finding: one fault in a person's files, as a value.

Made by the YAML reader, the models and the rules; printed alike by `check`, by annotations of a forge and by editors.
All findings are collected; none stops the reading of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much a finding weighs: an `error` blocks, a `future_error` will in the next minor, a `warning` never does."""

    ERROR = "error"
    FUTURE_ERROR = "future_error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the lake project: a path relative to its root, line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code (`RNG-CAT-014`), place, what is wrong, and how to mend it."""

    code: str
    place: Place
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.ERROR

    def sort_key(self) -> tuple[Place, str, str]:
        return (self.place, self.code, self.message)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean `x`?` for the nearest known word, or an empty string."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
