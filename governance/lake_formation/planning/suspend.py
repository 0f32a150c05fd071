"""Permissions that stay, but must not rest on what moves while it moves: they are taken away before, and given again after.

Three things can show, half done, what neither end shows: a filter that gains some cells and loses others, beside another thing that
moves; the row policies of a table (`row_moves.py`); tags, which move one after the other on a database, a table and its columns, and
so can together match an expression that matches neither before nor after, or gain one column before they lose another. Used by
`planned.py`. `tests/properties/test_access_moments.py` has a case for each that fails without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from governance.lake_formation.elements import sort_key, table_of
from governance.lake_formation.planning.order import only_hides
from governance.lake_formation.planning.plan import Step
from governance.lake_formation.planning.row_moves import At, RowMoves
from governance.lake_formation.reads.effective import READS
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Expression, Filter, Resource, Table, TagPolicy
from governance.lake_formation.state import AccountState, CellsFilter, Permission, Tagged

Level = dict[str, set[str | None]]
"""By tag key the values that a resource carries at some moment of the move; None for none."""


def suspended(before: AccountState, after: AccountState, steps: Sequence[Step]) -> tuple[Permission, ...]:
    """All of them, in order. Raises GovernanceError for a row policy that cannot be changed safely."""
    kept = before.permissions & after.permissions | set(_handed_on(steps))
    tags, others = _parted(steps)
    rows = RowMoves(before, after, others, tags_move=bool(tags))
    found = {*_on_filters(kept, others), *_on_row_policies(kept, rows)}
    if tags:
        found |= set(_on_tags(kept, before, after, tags, rows))
    return tuple(sorted(found, key=sort_key))


def _parted(steps: Iterable[Step]) -> tuple[list[Step], list[Step]]:
    """The steps about tags, and those about anything but tags and permissions, of which there may be hundreds of thousands."""
    tags: list[Step] = []
    others: list[Step] = []
    for step in steps:
        kind = type(step.before if step.after is None else step.after)
        if kind is not Permission:
            (tags if kind is Tagged else others).append(step)
    return tags, others


def _handed_on(steps: Iterable[Step]) -> Iterator[Permission]:
    """Permissions that stay and may be handed on afterwards: that is given beside them, so they are held all the time."""
    for step in steps:
        if isinstance(step.before, Permission) and step.after == replace(step.before, grantable=True):
            yield step.before


def _on_filters(kept: Iterable[Permission], steps: Sequence[Step]) -> Iterator[Permission]:
    moving = set()
    for step in steps:
        old, new = step.before, step.after
        if isinstance(old, CellsFilter) and isinstance(new, CellsFilter) and not only_hides(old, new) and not only_hides(new, old):
            moving.add(Filter(new.database, new.table, new.name))
    return (permission for permission in kept if moving and permission.resource in moving)


def _on_row_policies(kept: Iterable[Permission], rows: RowMoves) -> Iterator[Permission]:
    unsafe = tuple(rows.unsafe())
    for permission in kept if unsafe else ():
        for table, whom in unsafe:
            if _reads(permission, table) and (None in whom or permission.principal in whom):
                yield permission


def _reads(permission: Permission, table: At) -> bool:
    on = table_of(permission.resource)
    if permission.action not in READS or isinstance(permission.resource, Filter):
        return False
    return on is None or table is None or on == table or on == (table[0], EVERY_TABLE)


@dataclass(frozen=True, slots=True)
class _Move:
    """What the tags of a table do to an expression: whether it comes to match columns, ceases to, or may match one in between."""

    gains: bool
    loses: bool
    slips: bool


def _on_tags(
    kept: Iterable[Permission], before: AccountState, after: AccountState, steps: Sequence[Step], rows: RowMoves
) -> Iterator[Permission]:
    """Readers with the same expressions are looked at once: there are fewer kinds of them than readers."""
    moving = {each.key for step in steps if isinstance(each := step.element, Tagged)}
    readers = _alike(kept, moving)
    if not readers:
        return
    then, now = _levels(before), _levels(after)
    expressions = {expression for held in readers for expression in held}
    for table in _touched(before, after, steps):
        columns = (after.tables.get(table) or before.tables[table]).columns
        moves = {expression: _moved(expression, table, columns, then, now) for expression in expressions}
        for held, permissions in readers.items():
            if _is_unsafe([moves[expression] for expression in held], with_rows=rows.has(table)):
                yield from permissions


def _alike(kept: Iterable[Permission], moving: set[str]) -> Mapping[frozenset[Expression], list[Permission]]:
    """Permissions on expressions whose tags move, by all such expressions that their reader holds."""
    of_reader: dict[str, list[tuple[Expression, Permission]]] = defaultdict(list)
    for permission in kept:
        on = permission.resource
        if isinstance(on, TagPolicy) and moving & {key for key, _ in on.expression}:
            of_reader[permission.principal].append((on.expression, permission))
    found: dict[frozenset[Expression], list[Permission]] = defaultdict(list)
    for held in of_reader.values():
        found[frozenset(expression for expression, _ in held)] += [permission for _, permission in held]
    return found


def _is_unsafe(moves: Sequence[_Move], *, with_rows: bool) -> bool:
    """Whether a reader by these expressions may see, in between, something of both ends beside each other, or of neither."""
    gains, loses = any(move.gains for move in moves), any(move.loses for move in moves)
    return any(move.slips for move in moves) or (gains and loses) or (with_rows and (gains or loses))


def _moved(
    expression: Expression, table: tuple[str, str], columns: Iterable[str], then: dict[Resource, Level], now: dict[Resource, Level]
) -> _Move:
    gains = loses = slips = False
    for column in columns:
        chain = (Columns(*table, (column,)), Table(*table), Database(table[0]))
        if _matches(expression, chain, then, now):  # else at neither end either
            was, will = _matches(expression, chain, then), _matches(expression, chain, now)
            gains, loses, slips = gains or (will and not was), loses or (was and not will), slips or not (was or will)
    return _Move(gains, loses, slips)


def _matches(expression: Expression, chain: Sequence[Resource], *ends: dict[Resource, Level]) -> bool:
    """Whether a column matches; with two ends, whether it may at some moment between them."""
    return all(_values(chain, key, ends) & set(values) for key, values in expression)


def _values(chain: Sequence[Resource], key: str, ends: Sequence[dict[Resource, Level]]) -> set[str | None]:
    """The values that a column may have: its own, else its table's, else its database's, each as at one of the ends."""
    found: set[str | None] = set()
    for resource in chain:
        own = {value for end in ends for value in end.get(resource, {}).get(key, {None})}
        found |= own - {None}
        if None not in own:
            break
    return found


def _levels(state: AccountState) -> dict[Resource, Level]:
    found: dict[Resource, Level] = {}
    for each in state.tagged:
        found.setdefault(each.resource, {}).setdefault(each.key, set()).add(each.value)
    return found


def _touched(before: AccountState, after: AccountState, steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Tables on which, or above which, a tag moves."""
    tables = {*before.tables, *after.tables}
    databases = {
        step.element.resource.name for step in steps if isinstance(step.element, Tagged) and isinstance(step.element.resource, Database)
    }
    named = {table_of(step.element.resource) for step in steps if isinstance(step.element, Tagged)}
    return sorted(table for table in tables if table in named or table[0] in databases)
