"""Finds the metrics of a lake project that compute what a given one computes, or the same but for a filter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from metrics_catalog.duplicates.logic import Computed, computed
from metrics_catalog.duplicates.words import Candidate, Wanted, candidates
from metrics_catalog.reading import read_definition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from metrics_catalog.metric import Metric

MOST_READ = 20
"""Files that are read to compare their filters, those with the most alike first; all that may be the same are read."""

MOST_ALIKE = 3
"""Metrics that are named as differing by a filter."""


class Likeness(StrEnum):
    """How alike two metrics are."""

    SAME = "same"
    VARIANTS = "differs_by_variants"
    FILTER = "differs_by_filter"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`other` computes what `metric` does, up to what `likeness` says.

    `only_here` and `only_there` are conditions of the two filters, in normal form; `countries` those whose variants differ.
    """

    metric: str
    other: str
    likeness: Likeness
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found for one metric; `more` counts further metrics that probably differ by their filter alone."""

    found: tuple[Duplicate, ...]
    more: int = 0


def duplicates(root: Path, metrics: Iterable[Metric], new: Collection[str] = ()) -> dict[str, Duplicates]:
    """For each metric those of the project at `root` like it: the same, or else for `new` ones those with the most alike filters."""
    mine = {metric.metric: (metric, found) for metric in metrics if (found := computed(metric)) is not None}
    near = candidates(root, {name: Wanted.of(metric) for name, (metric, _) in mine.items()}) if mine else {}
    return {name: _of_one(root, name, mine[name][1], alike, is_new=name in new) for name, alike in near.items()}


def _of_one(root: Path, metric: str, mine: Computed, alike: list[Candidate], *, is_new: bool) -> Duplicates:
    nearest = sorted((each for each in alike if is_new or not each.distance), key=lambda each: (each.distance, each.file))
    read = max(MOST_READ, sum(not each.distance for each in nearest))
    others = {model.metric: model for model in _read(root, [root / each.file for each in nearest[:read]]) if model.metric != metric}
    found = [each for name, model in sorted(others.items()) if (each := _compared(metric, mine, name, computed(model))) is not None]
    same = [each for each in found if each.likeness is not Likeness.FILTER]
    if same or not is_new:
        return Duplicates(tuple(same))
    filters = sorted((each for each in found if each.likeness is Likeness.FILTER), key=_difference)
    return Duplicates((*same, *filters[:MOST_ALIKE]), len(filters[MOST_ALIKE:]) + len(nearest[read:]))


def _read(root: Path, paths: list[Path]) -> Iterator[Metric]:
    for path in paths:
        model = read_definition("metric", path, root).model
        if model is not None:
            yield model  # type: ignore[misc]  # the kind `metric` gives metrics


def _difference(each: Duplicate) -> tuple[int, str]:
    return len(each.only_here) + len(each.only_there), each.other


def _compared(metric: str, mine: Computed, other: str, theirs: Computed | None) -> Duplicate | None:
    if theirs is None or mine.core != theirs.core:
        return None
    here, there = tuple(sorted(mine.filter - theirs.filter)), tuple(sorted(theirs.filter - mine.filter))
    if here or there:
        is_near = mine.core[0] != "count" or bool(mine.filter & theirs.filter) or not (here and there)
        return Duplicate(metric, other, Likeness.FILTER, here, there) if is_near else None
    differing = _differing(mine.variants, theirs.variants)
    return Duplicate(metric, other, Likeness.VARIANTS if differing else Likeness.SAME, countries=differing)


def _differing(mine: Mapping[str, object], theirs: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(code for code in {*mine, *theirs} if mine.get(code) != theirs.get(code)))
