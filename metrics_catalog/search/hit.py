"""What a search found, as values; the doors print them, `as_object` is their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry that was found.

    `matched` says by what: `name` (a whole name or label), `alias`, `label`, `dimension`, `description`, or `part` where not
    every word was found. `facts` are the entry's own: its `kind`, a key named like the kind, label, owners, and so on.
    """

    matched: str
    facts: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.facts["kind"])

    @property
    def name(self) -> str:
        return str(self.facts[self.kind])


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one question.

    `total` counts all entries that match, of which `hits` are the best. `corrected` maps mistyped words to those searched for
    instead. `note` says in a sentence what a person should know: that only parts were found, or why there is nothing.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    country: str | None = None
    corrected: Mapping[str, tuple[str, ...]] | None = None
    did_you_mean: tuple[str, ...] = ()
    note: str = ""

    def as_object(self) -> dict[str, Any]:
        """As JSON; `schema_version` is raised when a key changes its meaning."""
        return {
            "schema_version": SCHEMA_VERSION,
            "query": self.query,
            "country": self.country,
            "total": self.total,
            "corrected": {word: list(others) for word, others in (self.corrected or {}).items()},
            "did_you_mean": list(self.did_you_mean),
            "note": self.note,
            "hits": [{**hit.facts, "matched": hit.matched} for hit in self.hits],
        }
