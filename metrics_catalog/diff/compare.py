"""Compares two versions of a lake project: every field that differs, what that voids, and whom it reaches.

Called by `ringi.proposal.diffing`, which finds the two versions; pure otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metrics_catalog.approval import Approval
from metrics_catalog.country import Country
from metrics_catalog.diff import words
from metrics_catalog.diff.audience import Audience
from metrics_catalog.diff.catalog_diff import BOTH, CatalogDiff, FieldChange, LostKey
from metrics_catalog.diff.effects import touched_metrics
from metrics_catalog.diff.field_changes import Difference, differences
from metrics_catalog.diff.pairs import Pair, paired
from metrics_catalog.model import FieldClass
from metrics_catalog.person import Side
from metrics_catalog.project_files import BOOKS, FOLDERS
from metrics_catalog.view import View

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from metrics_catalog.diff.definitions import Definition, Version
    from metrics_catalog.diff.effects import Touched

_VOIDS = {FieldClass.EDITORIAL: (), FieldClass.BUSINESS: (Side.BUSINESS,), FieldClass.LOGIC: BOTH}
_IN_MEANINGS = {"source": "source", "dimension": "dimensions"}
"""How a path of a meaning begins that takes part of another file."""

KINDS = ("metric", "source", "dimension", "country", "view", "person", "policy", "hearing", "approval")
"""The order in which changes are told."""


def compare(before: Version, after: Version, files: Collection[str], today: dt.date, lost: Collection[LostKey] = ()) -> CatalogDiff:
    """All that differs in `files` (those that may differ at all), and what follows.

    `today` decides which variants hold; `lost` are keys that changes of people and approvals void, as the gate found.
    """
    touched = list(touched_metrics(before.catalog, after.catalog, today))
    pairs = paired(before.definitions(), after.definitions(), files)
    broken = list(_broken(before, after, files))
    changes = [_with_voids(kind, name, change, touched, lost) for kind, name, change in (*broken, *_changes(pairs, before, after))]
    audience = Audience(before.catalog, after.catalog)
    views, countries = _reached(pairs, audience)
    own = {change.metric for change in changes if change.metric is not None and not change.file.startswith("approvals/")}
    return CatalogDiff(
        changes=tuple(changes),
        metrics=tuple(sorted(own | {one.effect.metric for one in touched})),
        views=tuple(sorted(views.union(*(one.effect.views for one in touched)))),
        countries=tuple(sorted(countries.union(*({*one.effect.numbers, *one.effect.words} for one in touched)))),
        before=before.catalog,
        after=after.catalog,
        today=today,
        effects=tuple(one.effect for one in touched),
        notes=tuple(_unmoved(changes, files)),
    )


_Told = tuple[str, str, FieldChange]
"""A kind, the name by which meanings know the definition, and its change."""


def _changes(pairs: Iterable[Pair], before: Version, after: Version) -> Iterator[_Told]:
    for pair in sorted(pairs, key=lambda pair: (KINDS.index(pair.any.kind), pair.any.file, pair.any.name)):
        old, new = pair.before, pair.after
        if old is None and new is not None:
            if not before.is_broken(new.kind, new.name):
                yield new.kind, new.name, _whole(new, words.added(new.kind, _called(new)), after=new.name)
        elif new is None and old is not None:
            if not after.is_broken(old.kind, old.name):
                yield old.kind, old.name, _whole(old, words.removed(old.kind, _called(old)), before=old.name)
        elif old is not None and new is not None:
            yield from _both(old, new)


def _both(old: Definition, new: Definition) -> Iterator[_Told]:
    if old.name != new.name:
        yield new.kind, old.name, _whole(new, words.renamed(new.kind, old.name, new.name), before=old.name, after=new.name)
    elif old.file != new.file:
        sentence = words.elsewhere(new.kind, new.name, old.file, new.file)
        yield new.kind, new.name, _change(new, Difference("file", FieldClass.EDITORIAL, old.file, new.file), sentence)
    own = "metric" if new.kind == "metric" else new.kind
    for one in differences(old.model, new.model):
        if one.field != own:
            sentence = words.changed(new.kind, _called(new), one.field, one.before, one.after)
            yield new.kind, new.name, _change(new, one, sentence)


def _called(one: Definition) -> str:
    """What a definition is called in a sentence; an approval by what it says, since its file says little."""
    if isinstance(one.model, Approval):
        return words.approval(one.model.side, one.model.metric, one.model.person)
    return one.name


def _whole(one: Definition, sentence: str, before: str | None = None, after: str | None = None) -> FieldChange:
    field_class = FieldClass.EDITORIAL if one.kind in ("hearing", "approval", "policy") else FieldClass.LOGIC
    return _change(one, Difference("" if one.kind in BOOKS else one.kind, field_class, before, after), sentence)


def _change(one: Definition, difference: Difference, sentence: str) -> FieldChange:
    field = difference.field
    if one.kind in BOOKS:
        group = "countries" if one.kind == "country" else "people"
        field = f"{group}.{one.name}.{field}".rstrip(".")
    metric = one.name if one.kind == "metric" else getattr(one.model, "metric", None) if one.kind == "approval" else None
    return FieldChange(one.file, metric, field, difference.field_class, (), difference.before, difference.after, sentence)


def _broken(before: Version, after: Version, files: Collection[str]) -> Iterator[_Told]:
    """A file that one side cannot read: nobody can tell what changed in it, so it voids what its kind can void."""
    then, now = before.faults(files), after.faults(files)
    for file in sorted(then.keys() | now.keys()):
        fault = now.get(file) or then[file]
        sentence = words.unreadable(file, fault.message, now=file in now)
        kind, name = _kind_of(file), file.rpartition("/")[2].removesuffix(".yaml")
        state = {True: "cannot be read", False: "can be read"}
        difference = (state[file in then], state[file in now])
        yield kind, name, FieldChange(file, name if kind == "metric" else None, "file", FieldClass.LOGIC, (), *difference, sentence)


def _kind_of(file: str) -> str:
    """The kind of definition that a file of that place holds."""
    folder = file.split("/")[0]
    places = {**{place: kind for kind, place in FOLDERS.items()}, **{place: kind for kind, place in BOOKS.items()}}
    return places.get(folder, folder)


def _with_voids(kind: str, name: str, change: FieldChange, touched: list[Touched], lost: Collection[LostKey]) -> FieldChange:
    """The change with the keys it voids: by its class in a metric's own file, else where a meaning takes part of the field."""
    own = _VOIDS[change.field_class] if kind == "metric" and change.metric is not None else ()
    whose = (change.metric, change.before if change.field == "metric" else None)  # of a renamed metric both names lose their keys
    voided = {metric: own for metric in whose if own and metric is not None}
    prefixes = _paths(kind, name, change)
    for one in touched:
        for path, sides in one.voids.items():
            if any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes):
                voided[one.effect.metric] = (*voided.get(one.effect.metric, ()), *sides)
    for key in lost:
        if _takes(kind, name, change, key):
            voided[key.metric] = (*voided.get(key.metric, ()), key.side)
    everything = {side for sides in voided.values() for side in sides}
    return replace(change, voids=tuple(side for side in BOTH if side in everything), voided=tuple(sorted(voided)))


def _takes(kind: str, name: str, change: FieldChange, key: LostKey) -> bool:
    """Whether a change of people or approvals can have taken this key."""
    if kind == "person":
        return change.field_class is FieldClass.LOGIC and (change.field == "file" or name == key.person)
    return kind == "approval" and change.file.startswith(f"approvals/{key.metric}/")


def _paths(kind: str, name: str, change: FieldChange) -> list[str]:
    """How the paths begin under which a changed field stands in meanings; none for what no meaning takes part of."""
    if change.field == "file" and change.field_class is FieldClass.EDITORIAL:
        return []
    whole = change.field in ("file", kind)
    if kind == "country":
        return _paths_of_country(change.field)
    stem = f"upstream.{name}" if kind == "metric" else f"{_IN_MEANINGS[kind]}.{name}" if kind in _IN_MEANINGS else None
    return [] if stem is None else [stem] if whole else [f"{stem}.{change.field}"]


def _paths_of_country(field: str) -> list[str]:
    """Variants stand beside the countries' own fields, so that each field is named."""
    if field == "file":
        return ["countries"]
    return [f"{field}.{own}" for own in Country.model_fields] if field.count(".") == 1 else [field]


def _reached(pairs: Iterable[Pair], audience: Audience) -> tuple[set[str], set[str]]:
    """Views and countries whose own definitions changed; an editorial change reaches nobody."""
    views: set[str] = set()
    countries: set[str] = set()
    for pair in pairs:
        if pair.any.kind == "country" and pair.is_new_or_gone:
            countries.add(pair.any.name)
        if pair.any.kind == "view" and (fields := _telling(pair)):
            views |= {one.name for one in (pair.before, pair.after) if one is not None}
            countries |= _countries_of_view(pair, fields, audience)
    return views, countries


def _telling(pair: Pair) -> frozenset[str]:
    """Fields of a view that differ and that somebody reads; its name where it came, went or was renamed."""
    if pair.before is None or pair.after is None:
        return frozenset({"view"})
    differing = differences(pair.before.model, pair.after.model)
    return frozenset(one.field for one in differing if one.field_class is not FieldClass.EDITORIAL)


def _countries_of_view(pair: Pair, fields: Collection[str], audience: Audience) -> frozenset[str]:
    models = [one.model for one in (pair.before, pair.after) if one is not None]
    each = [audience.countries_of(model) for model in models if isinstance(model, View)]
    if fields == {"countries"} and len(each) == 2:
        return each[0] ^ each[1]
    return frozenset().union(*each)


def _unmoved(changes: Iterable[FieldChange], files: Collection[str]) -> Iterator[str]:
    told = {change.file for change in changes} | {str(change.before) for change in changes if change.field == "file"}
    silent = sorted(file for file in files if file not in told and file.endswith(".yaml"))
    if silent:
        names = ", ".join(f"`{file}`" for file in silent[:5]) + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
        yield f"Only layout, comments or spelling changed in {names}; no field means anything else."
