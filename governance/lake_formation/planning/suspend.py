"""Permissions that stay, but must not rest on what moves while it moves: they are taken away before, and given again after.

Three things can show, half done, what neither end shows: a filter that gains some cells and loses others would show all of both; tags
that move on a database, a table and its columns one after the other can together match an expression that matches neither before nor
after; a table whose row policies are exchanged shows every row while none is on it. Used by `planning.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from governance.errors import GovernanceError
from governance.lake_formation.elements import sort_key, table_of
from governance.lake_formation.planning.order import only_hides
from governance.lake_formation.planning.plan import Step
from governance.lake_formation.reads.effective import READS
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Expression, Filter, Resource, Table, TagPolicy
from governance.lake_formation.state import AccountState, Attachment, CellsFilter, Permission, RowPolicy, Tagged

Level = dict[str, set[str | None]]
"""By tag key the values that a resource carries at some moment of the move; None for none."""


def suspended(before: AccountState, after: AccountState, steps: Sequence[Step]) -> tuple[Permission, ...]:
    """All of them, in order. Raises GovernanceError for a row policy that cannot be changed safely."""
    kept = before.permissions & after.permissions
    found = {*_on_filters(kept, steps), *_on_row_policies(kept, before, after, steps)}
    if any(isinstance(step.element, Tagged) for step in steps):
        found |= set(_on_tags(kept, before, after, steps))
    return tuple(sorted(found, key=sort_key))


def _on_filters(kept: Iterable[Permission], steps: Sequence[Step]) -> Iterator[Permission]:
    moving = set()
    for step in steps:
        old, new = step.before, step.after
        if isinstance(old, CellsFilter) and isinstance(new, CellsFilter) and not only_hides(old, new) and not only_hides(new, old):
            moving.add(Filter(new.database, new.table, new.name))
    return (permission for permission in kept if moving and permission.resource in moving)


def _on_row_policies(kept: Iterable[Permission], before: AccountState, after: AccountState, steps: Sequence[Step]) -> Iterator[Permission]:
    """Only an exchange is dangerous: the first that comes narrows, the last that goes widens, and nothing is in between."""
    come: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    go: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for step in steps:
        match step.element:
            case Attachment(on=None) as each:
                (go if step.after is None else come)[each.database, each.table].add(None if each.default else each.principal)
            case RowPolicy() if isinstance(step.before, RowPolicy) and isinstance(step.after, RowPolicy):
                _same_columns(step.before, step.after)
    exchanged = {table: come[table] | go[table] for table in come.keys() & go.keys()}
    for permission in kept if exchanged else ():
        for table, principals in exchanged.items():
            if _reads(permission, table) and (None in principals or permission.principal in principals):
                yield permission


def _same_columns(old: RowPolicy, new: RowPolicy) -> None:
    if old.columns != new.columns:
        raise GovernanceError(
            f"The row policy `{new.name}` was changed by hand and reads other columns now. Changed back, it would be off its tables for a while.",
            hint=f"take the grants on its tables away, delete `{new.name}`, then plan again.",
        )


def _reads(permission: Permission, table: tuple[str, str]) -> bool:
    on = table_of(permission.resource)
    if permission.action not in READS or isinstance(permission.resource, Filter):
        return False
    return on is None or on == table or on == (table[0], EVERY_TABLE)


def _on_tags(kept: Iterable[Permission], before: AccountState, after: AccountState, steps: Sequence[Step]) -> Iterator[Permission]:
    by_expression: dict[Expression, list[Permission]] = defaultdict(list)
    for permission in kept:
        if isinstance(permission.resource, TagPolicy):
            by_expression[permission.resource.expression].append(permission)
    if not by_expression:
        return
    then, now = _levels(before), _levels(after)
    moving = {step.element.key for step in steps if isinstance(step.element, Tagged)}
    for table in _touched(before, after, steps):
        columns = (after.tables.get(table) or before.tables[table]).columns
        for expression, permissions in by_expression.items():
            if moving & {key for key, _ in expression} and any(_can_slip(expression, table, name, then, now) for name in columns):
                yield from permissions


def _can_slip(expression: Expression, table: tuple[str, str], column: str, then: dict[Resource, Level], now: dict[Resource, Level]) -> bool:
    """Whether some moment of the move may match a column that neither end matches."""
    chain = (Columns(*table, (column,)), Table(*table), Database(table[0]))

    def matches(*ends: dict[Resource, Level]) -> bool:
        return all(_values(chain, key, ends) & set(values) for key, values in expression)

    return matches(then, now) and not matches(then) and not matches(now)


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
