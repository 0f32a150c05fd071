"""What each step of a plan does to the readers: widens, narrows or neither, asked of `effective.py` before and after the plan.

A step widens where a way that rests on it shows a cell that nobody gave its reader before; it narrows where a way that rested on it
showed a cell that its reader has no more. So a grant that is replaced by an equal one is neutral on both sides. What gives no cell
(the right to hand on, to write, to describe) widens when it comes and narrows when it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from governance.lake_formation.elements import table_of
from governance.lake_formation.planning.affected import Pair, Reach
from governance.lake_formation.planning.alike import Alike
from governance.lake_formation.planning.difference import Change
from governance.lake_formation.planning.plan import Effect, Shows
from governance.lake_formation.planning.shown import NOTHING, Beyond, beyond, cells
from governance.lake_formation.reads.effective import READS, How, Index, Path
from governance.lake_formation.resource import Columns, Database, Filter
from governance.lake_formation.state import (
    AccountState,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)


class Counter(Protocol):
    """Counts on a lake at hand."""

    def rows(self, database: str, table: str, parts: tuple[Beyond, ...]) -> int | None:
        """Rows that one of the parts shows; None where the lake at hand does not have the table, or cannot ask it that."""
        ...


class Effects:
    """The effects of the steps between two states. What is worked out for one reader holds for all that hold the same."""

    def __init__(self, before: AccountState, after: AccountState, counter: Counter | None = None) -> None:
        self._before, self._after, self._counter = before, after, counter
        self._then, self._now = Index(before), Index(after)
        self._reach, self._alike = Reach(before, after), Alike(before, after)
        self._pairs: dict[Pair, tuple[tuple[Path, ...], tuple[Path, ...]]] = {}
        self._of_anybody: dict[tuple[str, str], tuple[Path, ...]] = {}
        self._places: dict[tuple[str, bool], set[object]] = {}
        self._known: dict[tuple[object, ...], tuple[Effect, Shows | None]] = {}
        on_tags = any(each.on is not None for each in before.attachments | after.attachments)
        self._tags_narrow = on_tags and before.tagged != after.tagged
        """Whether tags that move may put a row policy on a table: until they have, a grant on it would show all rows."""

    def of(self, change: Change) -> tuple[Effect, Shows | None]:
        """What one step does, and where it widens, how many rows and cells it newly shows on the lake at hand (None: nobody can tell)."""
        key = self._alike.key(change)
        if key is None:
            return self._of(change)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of(change)
        return found

    def _of(self, change: Change) -> tuple[Effect, Shows | None]:
        effect = self._effect(change)
        return effect, self._shows(change, self._counter) if self._counter is not None and effect is Effect.WIDENS else None

    def _effect(self, change: Change) -> Effect:
        before, after = change
        element = after if after is not None else before
        match element:
            case Permission():
                return self._permission(before, after)
            case Settings():
                return _settings(before, after)
            case Registration():
                return _registration(before, after, bool(self._before.opt_ins & self._after.opt_ins))
            case Tag():
                return Effect.NEUTRAL  # what rests on its values are tags and permissions, steps of their own
            case Tagged() if not self._reach.through_tags:
                return Effect.NEUTRAL
            case CellsFilter() if before is None or after is None:
                return Effect.NEUTRAL  # nobody reads by it but through permissions, steps of their own
        return self._by_cells(change)

    def _permission(self, before: Element | None, after: Element | None) -> Effect:
        old, new = (each if isinstance(each, Permission) else None for each in (before, after))
        held = new or old
        if held is None or not ((held.action in READS and table_of(held.resource)) or _over_tables(held)):
            return self._right(old, new)
        if old is None and new is not None and self._opens(new):
            return Effect.WIDENS
        found = self._by_cells((before, after))
        if new is not None and new.grantable and not (old is not None and old.grantable):
            return Effect.WIDENS
        if found is Effect.NEUTRAL and old is None and self._tags_narrow:
            return Effect.WIDENS  # it must not come early, as one that shows nothing new would
        if found is Effect.NEUTRAL and old is not None and old.grantable and not (new is not None and new.grantable):
            return Effect.NARROWS
        return found

    def _right(self, old: Permission | None, new: Permission | None) -> Effect:
        """Of a right that shows no cell. Describing what one knows, or reads beside, is nothing new."""
        given = new or old
        if given is not None and given.action == "DESCRIBE" and not given.grantable and self._knows(given, new is not None):
            return Effect.NEUTRAL
        return Effect.WIDENS if new is not None else Effect.NARROWS

    def _knows(self, given: Permission, before: bool) -> bool:
        """Whether a principal holds something else on a resource, or inside it: before, or reads it after; and the other way round."""
        key = given.principal, before
        if key not in self._places:
            then, now = self._alike.held(given.principal)
            here, there = (then, now) if before else (now, then)
            self._places[key] = {place for each in here for place in _places(each)}
            self._places[key] |= {place for each in there if getattr(each, "action", "") in READS for place in _places(each)}
        return (table_of(given.resource) or given.resource) in self._places[key]

    def _opens(self, new: Permission) -> bool:
        """Whether a grant on a table surely shows its reader the first cells of it: most grants of a first plan do."""
        on = new.resource
        at = table_of(on)
        if at is None or isinstance(on, Filter) or self._after.attachments or not self._alike.held_nothing(new.principal):
            return False
        table = self._after.tables.get(at)
        if table is None or (isinstance(on, Columns) and not set(on.included) & set(table.columns)):
            return False
        return not self._then_of((new.principal, *at))

    def _by_cells(self, change: Change) -> Effect:
        hidden, is_new_grant = False, change[0] is None and isinstance(change[1], Permission)
        for pair in self._reach.of(change):
            if self._shown(change, pair):
                return Effect.WIDENS
            hidden = hidden or (not is_new_grant and bool(self._hidden(change, pair)))
        return Effect.NARROWS if hidden else Effect.NEUTRAL

    def _shown(self, change: Change, pair: Pair) -> dict[str, Beyond]:
        """Cells that are newly visible by this step, to one identity in one table."""
        then, now = self._paths(pair)
        new = cells(_resting_on(change, change[1], now))
        return beyond(new, cells(then)) if then else {column: (rows, NOTHING) for column, rows in new.items()}

    def _hidden(self, change: Change, pair: Pair) -> dict[str, Beyond]:
        then, now = self._paths(pair)
        return beyond(cells(_resting_on(change, change[0], then)), cells(now))

    def _paths(self, pair: Pair) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        found = self._pairs.get(pair)
        if found is None:
            identity, database, table = pair
            found = self._then_of(pair), self._now.paths(frozenset({identity}), database, table)
            self._pairs[pair] = found
        return found

    def _then_of(self, pair: Pair) -> tuple[Path, ...]:
        """Ways before. Whoever held nothing has the ways of everybody, whoever it is."""
        identity, database, table = pair
        if not self._alike.held_nothing(identity):
            return self._then.paths(frozenset({identity}), database, table)
        found = self._of_anybody.get((database, table))
        if found is None:
            found = self._of_anybody[database, table] = self._then.paths(frozenset({identity}), database, table)
        return found

    def _shows(self, change: Change, counter: Counter) -> Shows | None:
        rows = count = 0
        for pair in self._reach.of(change):
            found = _counted(self._shown(change, pair), pair, counter)
            if found is None:
                return None
            rows, count = rows + found.rows, count + found.cells
        return Shows(rows, count) if count else None


def _counted(new: Mapping[str, Beyond], pair: Pair, counter: Counter) -> Shows | None:
    groups: dict[Beyond, int] = {}
    for part in new.values():
        groups[part] = groups.get(part, 0) + 1
    total = 0
    for part, columns in groups.items():
        counted = counter.rows(pair[1], pair[2], (part,))
        if counted is None:
            return None
        total += counted * columns
    parts = tuple(sorted(groups, key=repr))
    rows = counter.rows(pair[1], pair[2], parts) if parts else 0
    return None if rows is None else Shows(rows, total)


def _resting_on(change: Change, element: Element | None, paths: Iterable[Path]) -> Iterator[Path]:
    """Ways that an element of a change gives or narrows.

    Where its absence may give a way (an opt-in, a tag that hides an inherited one, a row policy), all ways that can come of that.
    """
    about = element if element is not None else change[0] if change[0] is not None else change[1]
    if isinstance(about, OptIn):
        yield from paths
    elif element is not None:
        yield from (path for path in paths if element in path.witnesses or element in path.narrowed_by)
    elif isinstance(about, Tagged):
        yield from (path for path in paths if path.how is How.TAG)
    elif isinstance(about, Attachment | RowPolicy):
        yield from paths


def _over_tables(permission: Permission) -> bool:
    return permission.action in READS and getattr(permission.resource, "over", "") == "TABLE"


def _places(element: Element) -> Iterator[object]:
    """Whatever a principal must know of, since it has something on it or inside it."""
    if isinstance(element, (Permission, OptIn)):
        table = table_of(element.resource)
        yield table or element.resource
        if table is not None:
            yield Database(table[0])


def _settings(before: Element | None, after: Element | None) -> Effect:
    old = before if isinstance(before, Settings) else Settings()
    new = after if isinstance(after, Settings) else Settings()
    lists = ("administrators", "read_only_administrators", "database_defaults", "table_defaults")
    if old.other != new.other or any(set(getattr(new, name)) - set(getattr(old, name)) for name in lists):
        return Effect.WIDENS
    return Effect.NARROWS if old != new else Effect.NEUTRAL


def _registration(before: Element | None, after: Element | None, opted_in: bool) -> Effect:
    """A place in hybrid mode leaves to IAM whoever is not opted in; one that is not registered leaves everybody to it."""
    if after is None:
        return Effect.WIDENS
    was, now = (_strictness(each, opted_in) for each in (before, after))
    return Effect.NEUTRAL if was == now else Effect.NARROWS if now > was else Effect.WIDENS


def _strictness(element: Element | None, opted_in: bool) -> int:
    """0 where IAM alone decides, 2 where Lake Formation does; 1 where it does for those that are opted in."""
    if not isinstance(element, Registration):
        return 0
    return 2 if not element.hybrid else int(opted_in)
