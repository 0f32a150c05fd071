"""Pairs each definition with its other version: by kind and name, and where one went as another like it came, as a rename.

Used by `compare`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metrics_catalog.diff.field_changes import likeness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from metrics_catalog.diff.definitions import Definition

ALIKE = 0.6
"""From this share of equal fields on, a definition that came is taken for one that went, under another name."""

_NEVER_RENAMED = ("approval", "policy")


class Pair(NamedTuple):
    """Two versions of one definition; None where there is none on that side."""

    before: Definition | None
    after: Definition | None

    @property
    def any(self) -> Definition:
        """The version of now, or the earlier where there is none now."""
        one = self.after or self.before
        if one is None:
            raise ValueError("a pair has at least one side")
        return one

    @property
    def is_new_or_gone(self) -> bool:
        return self.before is None or self.after is None


def paired(
    everything_before: Mapping[tuple[str, str], Definition],
    everything_after: Mapping[tuple[str, str], Definition],
    files: Collection[str],
) -> list[Pair]:
    """Every definition that stands in one of these files in either version, once.

    Its other version may stand in another file: where two files define one name, the first counts, and that may change.
    """
    sides = (everything_before, everything_after)
    names = {key for side in sides for key, one in side.items() if one.file in files}
    before, after = ({key: side[key] for key in names if key in side} for side in sides)
    gone = {key: one for key, one in before.items() if key not in after}
    come = {key: one for key, one in after.items() if key not in before}
    pairs = [Pair(before[key], after[key]) for key in before.keys() & after.keys()]
    for old, new in _renames(gone, come):
        pairs.append(Pair(gone.pop((old.kind, old.name)), come.pop((new.kind, new.name))))
    return [*pairs, *(Pair(one, None) for one in gone.values()), *(Pair(None, one) for one in come.values())]


def _renames(
    gone: Mapping[tuple[str, str], Definition], come: Mapping[tuple[str, str], Definition]
) -> Iterator[tuple[Definition, Definition]]:
    """The likeliest pairs first; each definition is used once."""
    likely = [
        (likeness(old.model, new.model), old, new)
        for old in gone.values()
        for new in come.values()
        if old.kind == new.kind and old.kind not in _NEVER_RENAMED
    ]
    used: set[tuple[str, str]] = set()
    for alike, old, new in sorted(likely, key=lambda found: (-found[0], found[1].name, found[2].name)):
        if alike >= ALIKE and not used & {(old.kind, old.name), (new.kind, f"{new.name} ")}:
            used |= {(old.kind, old.name), (new.kind, f"{new.name} ")}
            yield old, new
