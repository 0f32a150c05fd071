"""Two versions of a lake project with no more in them than a diff needs: what changed, what that is made of, what is made of it.

Used by `ringi.proposal.diffing` on every project: in one of 12,000 metrics a change of one is told in under a second. A test compares
it with the diff of the whole catalogs.

How it knows what to read. Names in definitions are words of ASCII letters, so a file that names another holds its name as
bytes. From the changed files on, upward: metrics that name a changed source or an attribute of a changed dimension, metrics
composed of those found so far, views that list any; then downward: parts, sources and dimensions of what was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.catalog import assembled
from metrics_catalog.composition import parts_of
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.diff.definitions import Version
from metrics_catalog.diff.shelf import Shelf
from metrics_catalog.loading import load_book
from metrics_catalog.project_files import BOOKS, FOLDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from metrics_catalog.loading import Loaded
    from metrics_catalog.metric import Metric

EVERYTHING = ("source", "dimension", "metric", "view", "hearing")
"""What is read whole where a change reaches every metric."""

_COMPOSED = (b"ratio", b"derived")
"""Kinds of metrics that are made of others; a file of such a metric holds the word."""


def versions(root: Path, before: Path, changed: Iterable[str], wanted: Collection[str] = ()) -> tuple[Version, Version]:
    """Both versions of the project at `root`; `before` is a folder with the `changed` files as they were.

    `wanted` names metrics to read whether anything changed for them or not. Where the change reaches every metric, as that of a country's clock does,
    everything but approvals is read.
    """
    files = sorted(changed)
    books = {kind: _book(kind, root, before, files) for kind in BOOKS}
    shelves = {kind: Shelf(kind, root, before, files) for kind in FOLDERS}
    people = _people_changed(*books["person"])
    if _same_countries(*books["country"]):
        _fill(shelves, people, wanted)
    else:
        for kind in EVERYTHING:
            shelves[kind].read(shelves[kind].texts.files)
        _signed(shelves["approval"], people)
    then = {kind: pair[0] for kind, pair in books.items()} | {kind: shelf.before() for kind, shelf in shelves.items()}
    now = {kind: pair[1] for kind, pair in books.items()} | {kind: shelf.after() for kind, shelf in shelves.items()}
    (old, of_old), (new, of_new) = assembled(before, then), assembled(root, now)
    return Version(old, (), of_old), Version(new, (), of_new)


def _book(kind: str, root: Path, before: Path, changed: Collection[str]) -> tuple[Loaded, Loaded]:
    now = load_book(root, kind)
    return (load_book(before, kind) if BOOKS[kind] in changed else now), now


def _same_countries(before: Loaded, after: Loaded) -> bool:
    """Whether no metric takes anything else from the countries; one that joined touches none."""
    if before is after:
        return True
    if before.broken or after.broken:
        return False
    old, new = CountryParts.of(before.models), CountryParts.of(after.models)
    return all(new.logic.get(code) == old.logic[code] and new.business.get(code) == old.business[code] for code in old.logic)


def _people_changed(before: Loaded, after: Loaded) -> set[str]:
    """People of whom something differs, whichever field it is."""
    names = before.models.keys() | after.models.keys() if before is not after else set()
    return {name for name in names if before.models.get(name) != after.models.get(name)}


def _fill(shelves: dict[str, Shelf], people: Collection[str], wanted: Collection[str]) -> None:
    metrics = shelves["metric"]
    for kind in ("source", "dimension", "view", "hearing", "metric"):
        if shelves[kind].changed:
            shelves[kind].read_named(shelves[kind].changed_names())
    _read_dependents(shelves)
    metrics.read_named({*_signed(shelves["approval"], people), *wanted})
    names = _composed_of(metrics, metrics.changed_names() | {metric.metric for metric in metrics.models()})
    if names:
        views = shelves["view"]
        views.read(views.texts.naming(names))
    _read_parts(metrics)
    _read_ground(shelves)
    shelves["hearing"].read_named({metric.hearing for metric in metrics.models() if metric.hearing and metric.metric in names})
    for name in names:
        shelves["approval"].read_folder(name)


def _signed(approvals: Shelf, people: Collection[str]) -> set[str]:
    """Metrics of which an approval changed, or that have one that names a person who changed: their keys may no longer count."""
    if people:
        approvals.read(approvals.texts.naming(people))
    return {approval.metric for approval in approvals.models()}


def _read_dependents(shelves: dict[str, Shelf]) -> None:
    """Metrics that read a changed source, or are sliced by an attribute of a changed dimension."""
    sources = shelves["source"].changed_names()
    dimensions = shelves["dimension"]
    if sources:
        dimensions.read(dimensions.texts.naming(sources))
    touched = [one for one in dimensions.models() if one.source in sources] + list(dimensions.changed_models())
    attributes = {attribute for one in touched for attribute in one.attributes}
    names = sources | attributes
    if names:
        shelves["metric"].read(shelves["metric"].texts.naming(names))


def _composed_of(metrics: Shelf, names: set[str]) -> set[str]:
    """The names, and those of every metric that is computed from one of them at any height; all are read."""
    known, fresh = set(names), set(names)
    if not fresh:
        return known
    composed = metrics.texts.with_any(_COMPOSED)
    while fresh:
        metrics.read(metrics.texts.naming(fresh, composed))
        above = {metric.metric for metric in metrics.models() if known.intersection(parts_of(metric.how))}
        fresh = above - known
        known |= fresh
    return known


def _read_parts(metrics: Shelf) -> None:
    """Everything that the metrics read so far are made of."""
    asked: set[str] = set()
    waiting: list[Metric] = list(metrics.models())
    while waiting:
        parts = {part for metric in waiting for part in parts_of(metric.how)} - asked
        asked |= parts
        waiting = metrics.read_named(parts)


def _read_ground(shelves: dict[str, Shelf]) -> None:
    """Sources and dimensions of the metrics read, and the sources that hold the rows of those dimensions."""
    metrics = list(shelves["metric"].models())
    sliced = {name for metric in metrics for name in getattr(metric.how, "dimensions", ())}
    dimensions = shelves["dimension"]
    if sliced:
        dimensions.read(dimensions.texts.naming(sliced))
    sources = {metric.how.source for metric in metrics if hasattr(metric.how, "source")}
    shelves["source"].read_named(sources | {one.source for one in dimensions.models() if one.source is not None})
