"""What a principal gets of one relation, still without its place and its name: columns of the view, or filters on the saved copy.

All rows and all columns: the view. All rows, some columns: these columns of the view. A row condition anywhere: nothing on the
view (it cannot carry a filter), and the saved copy through data cells filters, one for each different set of columns and rows, or
through row policies where the account has them and all columns are given. Grants that cannot be said are left out, with the
reason. Used by `compile.py`, which works out each shape once for all countries and principals that share it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.lake_formation.compiling.conditions import Ground, conditions
from governance.lake_formation.compiling.written import NotExpressibleError
from governance.lake_formation.limits import FILTERS_A_PRINCIPAL, TAG_LENGTH
from metrics_catalog.expression import columns as names_in

if TYPE_CHECKING:
    from governance.access.evaluator import Held
    from governance.policy.grant import Grant
    from metrics_catalog.expression import Node

PREFIX = "ringi_"
"""Filters and row policies that Ringi makes are called so, and then by what they show."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A grant that gives nothing here: the code of the finding, and why, as a sentence."""

    grant: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One filter: its name, columns in order, and the rows on which its text is TRUE (None: all)."""

    name: str
    columns: tuple[str, ...]
    rows: str | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What is given: `columns` of the view by name (None: all of it, empty: none), or else filters or row policies of the saved copy.

    With `by_tags` a tag expression gives the view or a part of it; `waits` where there is no saved copy yet to put a filter on.
    """

    columns: tuple[str, ...] | None = ()
    filters: tuple[Shown, ...] = ()
    row_policies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Columns that the row policies name, in order."""
    by_tags: bool = False
    waits: bool = False
    refused: tuple[Refused, ...] = ()

    @property
    def on_copy(self) -> bool:
        return bool(self.filters or self.row_policies)

    @property
    def is_nothing(self) -> bool:
        return self.columns == () and not self.on_copy and not self.by_tags


@dataclass(frozen=True, slots=True)
class Copy:
    """What the compiler knows of a saved copy: columns in order, and what conditions over them are about."""

    columns: tuple[str, ...]
    ground: Ground


@dataclass(frozen=True, slots=True)
class _Item:
    """What one grant gives: columns, and a node whose text is told beside it (None: all rows)."""

    columns: frozenset[str]
    condition: Node | None


def shape(held: Sequence[Held], grants: Mapping[str, Grant], columns: tuple[str, ...], copy: Copy | None, row_policies: bool) -> Shape:
    """The shape of what several grants give together; `columns` are all of the view, those that nobody declared too."""
    sayable, refused = _sayable(held, grants)
    tagged = frozenset(name for each in sayable if grants[each.grant].through == "tags" for name in each.columns)
    named = [each for each in sayable if grants[each.grant].through != "tags"]
    if copy is None and any(each.condition is not None for each in named):
        return Shape(by_tags=bool(tagged), waits=True, refused=tuple(refused))
    items, more = _items(named, copy)
    refused += more
    whole = tagged.union(*(item.columns for item in items if item.condition is None))
    conditional = [item for item in items if item.condition is not None and not item.columns <= whole]
    if copy is None or not conditional:
        given: tuple[str, ...] | None = () if whole <= tagged else tuple(name for name in columns if name in whole)
        given = None if given and len(given) == len(columns) else given
        return Shape(given, by_tags=bool(tagged), refused=tuple(refused))
    found = _on_copy(whole, conditional, copy, row_policies)
    if len(found.filters) > FILTERS_A_PRINCIPAL:
        why = f"there would be {len(found.filters)} filters on one table for one principal, and Lake Formation takes {FILTERS_A_PRINCIPAL}"
        return Shape(by_tags=bool(tagged), refused=(*refused, *(Refused(each.grant, "RNG-GOV-094", why) for each in named)))
    return replace(found, by_tags=bool(tagged), refused=tuple(refused))


def _sayable(held: Sequence[Held], grants: Mapping[str, Grant]) -> tuple[list[Held], list[Refused]]:
    """Grants without a mask, and of those through tags the ones that an expression can say."""
    kept: list[Held] = []
    refused: list[Refused] = []
    for each in held:
        masked = [name for name in each.masks if name in each.columns]
        untagged = why_not_by_tags(grants[each.grant])
        if masked:
            refused.append(Refused(each.grant, "RNG-GOV-091", f"it masks `{masked[0]}`, and Lake Formation has no masks"))
        elif untagged:
            refused.append(Refused(each.grant, "RNG-GOV-092", untagged))
        else:
            kept.append(each)
    return kept, refused


def why_not_by_tags(grant: Grant) -> str:
    """Why a grant through tags cannot be one; empty where it can, or where it goes by names."""
    if grant.through != "tags":
        return ""
    if grant.rows is not None:
        return "it goes through tags, which carry no row condition"
    if grant.masks:
        return "it goes through tags, which carry no mask"
    if any(len(pattern.partition(".")[2]) > TAG_LENGTH for pattern in grant.views):
        return f"it goes through tags, which take {TAG_LENGTH} characters, and names a longer view"
    return "" if grant.columns == "all" else "it goes through tags, which give columns by classification, not by name"


def _items(named: Sequence[Held], copy: Copy | None) -> tuple[list[_Item], list[Refused]]:
    items: list[_Item] = []
    refused: list[Refused] = []
    for each in named:
        if each.condition is None or copy is None:
            items.append(_Item(each.columns, None))
            continue
        try:
            texts = conditions([each.condition], copy.ground)
        except NotExpressibleError as error:
            refused.append(Refused(each.grant, error.code, error.message))
            continue
        if texts != ():
            items.append(_Item(each.columns, None if texts is None else each.condition))
    return items, refused


def _on_copy(whole: frozenset[str], conditional: Sequence[_Item], copy: Copy, row_policies: bool) -> Shape:
    """Filters on the saved copy: what is shown on all rows, and by each set of columns the conditions, joined with OR."""
    nodes: dict[frozenset[str], list[Node]] = {}
    for item in conditional:
        if item.condition is not None:
            nodes.setdefault(item.columns, []).append(item.condition)
    texts = {columns: conditions(held, copy.ground) for columns, held in nodes.items()}
    everything = frozenset(copy.columns)
    (only,) = texts.values() if len(texts) == 1 else (None,)
    if row_policies and not whole and only is not None and everything <= next(iter(texts)):
        names = frozenset(name for held in nodes.values() for node in held for name in names_in(node))
        return Shape(row_policies=only, names=tuple(sorted(names)))
    by_rows: dict[str | None, frozenset[str]] = {None: whole} if whole else {}
    for columns, held in texts.items():
        for rows in (None,) if held is None else held:
            by_rows[rows] = by_rows.get(rows, frozenset()) | columns
    shown = (_shown(columns & everything, rows, copy) for rows, columns in by_rows.items())
    return Shape(filters=tuple(sorted((each for each in shown if each.columns), key=lambda each: each.name)))


def _shown(columns: frozenset[str], rows: str | None, copy: Copy) -> Shown:
    ordered = tuple(sorted(columns))
    return Shown(content_name(ordered, rows), ordered, rows)


def content_name(*content: object) -> str:
    """A name that says what it stands for: equal content has one name, and what has a name never changes its content."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:24]
