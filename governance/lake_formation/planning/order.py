"""The order in which the steps of a plan are done, so that no moment shows what neither the state before nor the one after shows.

What takes away comes before what gives, and what other things rest on moves in between, while nothing rests on it:

1. DEFAULTS  New databases and tables leave nothing to IAM any more.
2. PREPARE   New filters, tags and row policies: nobody reads by them yet.
3. KEEP      Grants that show their reader nothing new, so that readers keep reading: first when IAM hands over to Lake Formation.
4. REVOKE    Everything that is taken away, and what is suspended for a moment.
5. ENFORCE   Places in S3 are registered; principals are opted in, table by table.
6. CLOSE     What is left to IAM is taken away: tables, then databases, then hybrid mode.
7. MOVE      Filters change, tags and row policies move; what hides comes first.
8. GRANT     What is given, and what was suspended.
9. OPEN      Opting out, registrations taken back, new administrators.
10. CLEAN    What nothing rests on any more is deleted; administrators go last, since the one at work may be among them.

Why it holds: up to CLOSE every path to a cell is one of the state before, or shows no more than one of those; from GRANT on every
path is one of the state after; for MOVE, `suspended` names what must not rest on what moves. Within one phase any subset of the
entries may be done, so an entry that fails, and a stop, are safe; a phase begins only when the one before is whole. Tags that hide
go before those that show, so that readers lose nothing for longer than they must; it is not what keeps the law.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from governance.lake_formation.elements import sort_key, table_of
from governance.lake_formation.planning.plan import Effect, Plan, Step
from governance.lake_formation.planning.shown import alternatives
from governance.lake_formation.resource import Columns, Database, Filter, Table
from governance.lake_formation.state import (
    IAM_ALLOWED,
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


class Phase(IntEnum):
    """The phases, in their order."""

    DEFAULTS = 1
    PREPARE = 2
    KEEP = 3
    REVOKE = 4
    ENFORCE = 5
    CLOSE = 6
    MOVE = 7
    GRANT = 8
    OPEN = 9
    CLEAN = 10


@dataclass(frozen=True, slots=True)
class Action:
    """One element put in the place of another, or of nothing, or taken away; `rank` is its order within the phase."""

    phase: Phase
    before: Element | None
    after: Element | None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """Actions that may be done in any order, and so may share batches."""

    phase: Phase
    actions: tuple[Action, ...]

    @property
    def removed(self) -> tuple[Element, ...]:
        return tuple(action.before for action in self.actions if action.before is not None)

    @property
    def added(self) -> tuple[Element, ...]:
        return tuple(action.after for action in self.actions if action.after is not None)


def stages(plan: Plan) -> tuple[Stage, ...]:
    """All that is to be done, stage after stage; the same for the same plan, so that a stopped apply finds its place again."""
    keeping = _Keeping(plan.steps)
    actions = [action for step in plan.steps for action in _actions(step, keeping)]
    for permission in plan.suspended:
        actions += [Action(Phase.REVOKE, permission, None), Action(Phase.GRANT, None, permission, 1)]
    found: dict[tuple[Phase, int], list[Action]] = {}
    for action in actions:
        found.setdefault((action.phase, action.rank), []).append(action)
    return tuple(Stage(phase, tuple(sorted(found[phase, rank], key=_key))) for phase, rank in sorted(found))


def _key(action: Action) -> tuple[str, ...]:
    element = action.after if action.after is not None else action.before
    return sort_key(element) if element is not None else ()


def _actions(step: Step, keeping: _Keeping) -> Iterator[Action]:
    match step.element:
        case Permission():
            yield from _permission(step, keeping)
        case CellsFilter():
            yield from _filter(step)
        case Tag():
            yield from _tag(step)
        case Tagged():
            yield Action(Phase.MOVE, step.before, step.after, _hiding_first(keeping.moving(step.element)))
        case OptIn():
            yield Action(Phase.ENFORCE if step.after is not None else Phase.OPEN, step.before, step.after, 1)
        case Registration():
            yield _registration(step)
        case RowPolicy():
            yield Action(_phase_of_definition(step), step.before, step.after, 1)
        case Attachment():
            yield Action(Phase.MOVE, step.before, step.after, 3 if step.after is not None else 4)
        case Settings():
            yield from _settings(step)


def _permission(step: Step, keeping: _Keeping) -> Iterator[Action]:
    before, after = step.before, step.after
    if isinstance(before, Permission) and isinstance(after, Permission) and after == replace(before, grantable=True):
        yield Action(Phase.GRANT, None, after, 1)  # giving the grant option leaves what is there
        return
    if isinstance(before, Permission):
        closing = before.principal == IAM_ALLOWED
        rank = int(isinstance(before.resource, Database)) if closing else 0
        yield Action(Phase.CLOSE if closing else Phase.REVOKE, before, None, rank)
    if isinstance(after, Permission):
        phase = Phase.KEEP if before is None and keeping.keeps(after) else Phase.GRANT
        yield Action(phase, None, after, 1)


def _filter(step: Step) -> Iterator[Action]:
    before, after = step.before, step.after
    if not (isinstance(before, CellsFilter) and isinstance(after, CellsFilter)):
        yield Action(_phase_of_definition(step), before, after)
    elif only_hides(before, after):
        yield Action(Phase.REVOKE, before, after, 1)
    elif only_hides(after, before):
        yield Action(Phase.GRANT, before, after)
    else:
        yield Action(Phase.MOVE, before, after, 1)


def _phase_of_definition(step: Step) -> Phase:
    """New ones before anybody reads by them, old ones when nobody does any more."""
    if step.before is None:
        return Phase.PREPARE
    return Phase.CLEAN if step.after is None else Phase.MOVE


def _tag(step: Step) -> Iterator[Action]:
    """A changed tag first gains its new values; its old ones go when nothing carries them any more."""
    before, after = step.before, step.after
    if not (isinstance(before, Tag) and isinstance(after, Tag)):
        yield Action(_phase_of_definition(step), before, after)
        return
    both = Tag(after.key, tuple(sorted({*before.values, *after.values})))
    if both != before:
        yield Action(Phase.PREPARE, before, both)
    if both != after:
        yield Action(Phase.CLEAN, both, after)


def _registration(step: Step) -> Action:
    before, after = step.before, step.after
    if isinstance(before, Registration) and isinstance(after, Registration):
        if before.hybrid and not after.hybrid:
            return Action(Phase.CLOSE, before, after, 2)
        return Action(Phase.OPEN if after.hybrid and not before.hybrid else Phase.MOVE, before, after, 1)
    return Action(Phase.ENFORCE if after is not None else Phase.OPEN, before, after)


def _settings(step: Step) -> Iterator[Action]:
    """What narrows, what widens and, last of all, administrators that go; a document that would not change is not written."""
    before, after = step.before, step.after
    if not isinstance(before, Settings) or not isinstance(after, Settings):
        yield Action(Phase.DEFAULTS, before, after)
        return
    narrow = replace(
        before,
        database_defaults=_both(before.database_defaults, after.database_defaults),
        table_defaults=_both(before.table_defaults, after.table_defaults),
    )
    wide = replace(
        after,
        administrators=_either(before.administrators, after.administrators),
        read_only_administrators=_either(before.read_only_administrators, after.read_only_administrators),
    )
    now = before
    for phase, wanted in ((Phase.DEFAULTS, narrow), (Phase.OPEN, wide), (Phase.CLEAN, after)):
        if wanted != now:
            yield Action(phase, now, wanted, 9)
        now = wanted


def _both(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({*first} & {*second}))


def _either(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({*first, *second}))


def _hiding_first(effects: Iterable[Effect]) -> int:
    """The rank of tags that move on one resource: together, since one call moves them."""
    found = set(effects)
    return 12 if Effect.WIDENS in found else 11 if Effect.NEUTRAL in found else 10


def only_hides(before: CellsFilter, after: CellsFilter) -> bool:
    """Whether every cell that `after` shows is shown by `before`, whatever columns and rows the table has."""
    if before.rows is not None and (after.rows is None or not alternatives(after.rows) <= alternatives(before.rows)):
        return False
    return _has_columns_of(before, after)


def _has_columns_of(before: CellsFilter, after: CellsFilter) -> bool:
    if before.included:
        return bool(after.included) and {*after.included} <= {*before.included}
    if after.included:
        return not {*after.included} & {*before.excluded}
    return {*before.excluded} <= {*after.excluded}


class _Keeping:
    """Which grants may come before what is taken away: those that show nothing new and rest on nothing that moves.

    DESCRIBE shows no cell; it goes with the grants that it is for.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._tagged: dict[object, list[Effect]] = {}
        self._taken: set[tuple[object, ...]] = set()
        self._moving: set[object] = set()
        for step in steps:
            self._look(step)
        grants = ((step, step.after) for step in steps if step.before is None)
        self._early = {grant for step, grant in grants if isinstance(grant, Permission) and self._is_early(step, grant)}
        self._databases = {(grant.principal, (table_of(grant.resource) or ("", ""))[0]) for grant in self._early}

    def _look(self, step: Step) -> None:
        before, element = step.before, step.element
        if isinstance(before, Permission) and not isinstance(before.resource, Filter):
            self._taken.add((before.principal, table_of(before.resource) or before.resource))
        match element:
            case Tagged():
                self._tagged.setdefault(element.resource, []).append(step.effect)
            case CellsFilter() if before is not None:
                self._moving.add(Filter(element.database, element.table, element.name))
            case Attachment():
                self._moving.add((element.database, element.table) if element.on is None else None)
            case RowPolicy() if before is not None:
                self._moving.add(None)

    def _is_early(self, step: Step, grant: Permission) -> bool:
        """Some Columns of a Table cannot be given beside the Table itself, and ALL takes all others with it: there the old goes first."""
        table = table_of(grant.resource)
        if step.effect is not Effect.NEUTRAL or grant.action != "SELECT" or self._moving & {None, table, grant.resource}:
            return False
        if isinstance(grant.resource, Table | Columns):
            return (grant.principal, table) not in self._taken
        return isinstance(grant.resource, Filter)

    def keeps(self, grant: Permission) -> bool:
        """Whether a grant comes early."""
        if grant.action != "DESCRIBE":
            return grant in self._early
        resource = grant.resource
        if (grant.principal, table_of(resource) or resource) in self._taken:
            return False
        database = resource.name if isinstance(resource, Database) else (table_of(resource) or ("", ""))[0]
        return (grant.principal, database) in self._databases

    def moving(self, element: Tagged) -> Iterable[Effect]:
        """The effects of all tags that move on the same resource."""
        return self._tagged.get(element.resource, ())
