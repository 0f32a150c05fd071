"""What an identity may read of a table in an account: every way to it, each with what gives it.

This is Ringi's account of Lake Formation's meaning: grants add up and nothing is subtracted; a cell is visible where one way has
its column and its row condition is TRUE. Where AWS's documents leave a question open, the wider answer is taken, so that nothing
visible is ever told to be hidden (docs/access/lake-formation.md lists each). Used by the plan (what a step shows and hides), by
drift and explain, and by the tests of the compiler. `Index` is built once over a state and then asked many questions.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.lake_formation.canonical import expression
from governance.lake_formation.registered import Places
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Expression, Filter, Other, Resource, Table, TagPolicy
from governance.lake_formation.row_rules import RowRules
from governance.lake_formation.state import IAM_ALLOWED, AccountState, CataloguedTable, CellsFilter, Element, OptIn, Permission
from governance.lake_formation.tag_match import Tags

READS = frozenset({"SELECT", "ALL"})
"""Actions that let somebody read a table's rows."""

READS_EVERYTHING = frozenset({*READS, "SUPER_USER"})
"""The same on the whole catalog."""

EVERYBODY = ":IAMPrincipals"
"""The end of the group's name in which every IAM principal of an account is."""

_SESSION = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


class How(StrEnum):
    """By what an identity reads."""

    GRANT = "grant"
    WILDCARD = "wildcard"
    TAG = "tag"
    INHERITED = "inherited"
    """Through a permission on the whole catalog, or on any table there is."""
    DEFINER = "definer"
    ADMINISTRATOR = "administrator"
    """Does not read yet, but may give it to itself at any time."""
    CREATOR = "creator"
    IAM = "iam"
    """Lake Formation does not decide: a group of everyone has it, the place is not registered, or nobody opted in."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way: the columns it shows, on the rows where `rows` is TRUE (None: all); `witnesses` give it, `narrowed_by` restrict it."""

    columns: frozenset[str]
    rows: str | None
    how: How
    witnesses: tuple[Element, ...] = ()
    narrowed_by: tuple[Element, ...] = ()
    why: str = ""
    """What no element says, in words: that a place is not registered, or who made the table."""


def paths(state: AccountState, identities: frozenset[str], database: str, table: str) -> tuple[Path, ...]:
    """Every way of one identity (with its groups) to one table; nothing for a table that is not there. See `Index`."""
    return Index(state).paths(identities, database, table)


def cells(found: Iterable[Path]) -> frozenset[tuple[str, str | None]]:
    """What several ways show together, the least that says it: columns, each with a row condition or with None for all rows.

    An administrator's way is left out: it shows nothing until a grant is made.
    """
    rows: dict[str, set[str | None]] = defaultdict(set)
    for path in found:
        if path.how is not How.ADMINISTRATOR:
            for column in path.columns:
                rows[column].add(path.rows)
    return frozenset((column, each) for column, held in rows.items() for each in ((None,) if None in held else held))


class Index:
    """An account's state, looked up by who and where; questions then cost what the identity itself holds."""

    def __init__(self, state: AccountState) -> None:
        self.state = state
        self._near: dict[str, dict[tuple[str, str], list[Permission]]] = defaultdict(lambda: defaultdict(list))
        self._tagged: dict[str, list[tuple[Permission, Expression]]] = defaultdict(list)
        self._everywhere: dict[str, list[Permission]] = defaultdict(list)
        self._filters = {(each.database, each.table, each.name): each for each in state.filters}
        self._tags, self._rules, self._places = Tags(state), RowRules(state), Places(state.registrations)
        self._opted: dict[str, dict[tuple[str, str], OptIn]] = defaultdict(dict)
        self._groups = {IAM_ALLOWED} | {each.principal for each in state.permissions if each.principal.endswith(EVERYBODY)}
        for permission in state.permissions:
            self._note(permission)
        for each in state.opt_ins:
            if isinstance(each.resource, Table) and each.condition is None:
                self._opted[each.principal][each.resource.database, each.resource.name] = each

    def _note(self, permission: Permission) -> None:
        """Keep a permission where questions look for it; one that lets nobody read is left out."""
        on, action = permission.resource, permission.action
        if isinstance(on, Table | Columns | Filter) and action in READS:
            name = on.name if isinstance(on, Table) else on.table
            self._near[permission.principal][on.database, name].append(permission)
        elif isinstance(on, TagPolicy) and on.over == "TABLE" and action in READS:
            self._tagged[permission.principal].append((permission, on.expression))
        elif isinstance(on, Catalog) and action in READS_EVERYTHING:
            self._everywhere[permission.principal].append(permission)
        elif isinstance(on, Other) and action in READS_EVERYTHING:
            self._note_other(permission, json.loads(on.json))

    def _note_other(self, permission: Permission, told: Mapping[str, Any]) -> None:
        """Resources that Ringi does not manage, and that let somebody read nevertheless."""
        policy = told.get("LFTagPolicy") or {}
        if "AnyResource" in told or "Catalog" in told:
            self._everywhere[permission.principal].append(permission)
        elif policy.get("ResourceType") == "TABLE" and "ExpressionName" in policy:
            known = self.state.expressions.get(policy["ExpressionName"])
            if known is None:
                self._everywhere[permission.principal].append(permission)
            else:
                self._tagged[permission.principal].append((permission, known))
        elif policy.get("ResourceType") == "TABLE" and policy.get("Expression"):
            self._tagged[permission.principal].append((permission, expression(policy["Expression"])))

    def paths(self, identities: frozenset[str], database: str, table: str) -> tuple[Path, ...]:
        """Every way of one identity (with its groups, as one set) to one table; nothing for a table that is not there."""
        known = self.state.tables.get((database, table))
        if known is None:
            return ()
        return (
            *(path for identity in sorted(identities) for path in self._given(identity, identities, known)),
            *self._implied(identities, known),
            *self._left_to_iam(identities, known),
        )

    def _given(self, identity: str, identities: frozenset[str], table: CataloguedTable) -> Iterator[Path]:
        """Ways by explicit permissions of one identity or group."""
        near = self._near.get(identity)
        if near is not None:
            for key in ((table.database, table.name), (table.database, EVERY_TABLE)):
                for permission in near.get(key, ()):
                    yield from self._named(permission, identities, table)
        everything = frozenset(table.columns)
        for permission in self._everywhere.get(identity, ()):
            yield from self._limited(everything, How.INHERITED, (permission,), identities, table)
        for permission, keys in self._tagged.get(identity, ()):
            columns, witnesses = self._tags.matched(table, keys)
            if columns:
                yield from self._limited(columns, How.TAG, (permission, *witnesses), identities, table)

    def _named(self, permission: Permission, identities: frozenset[str], table: CataloguedTable) -> Iterator[Path]:
        on = permission.resource
        if isinstance(on, Filter):
            shown = self._filters.get((on.database, on.table, on.name))
            if shown is not None:
                columns = _some(table, shown)
                yield Path(columns, shown.rows, How.GRANT, (permission, shown))
            return
        how = How.WILDCARD if EVERY_TABLE in _name(on) else How.GRANT
        columns = _some(table, on) if isinstance(on, Columns) else frozenset(table.columns)
        yield from self._limited(columns, how, (permission,), identities, table)

    def _limited(
        self, columns: frozenset[str], how: How, witnesses: tuple[Element, ...], identities: frozenset[str], table: CataloguedTable
    ) -> Iterator[Path]:
        """One way, or one a row policy where such are put on the table for this identity."""
        for rows, narrowed in self._rules.of(identities, table, self._tags):
            yield Path(columns, rows, how, witnesses, narrowed)

    def _implied(self, identities: frozenset[str], table: CataloguedTable) -> Iterator[Path]:
        """Ways that nobody gave: those of who made the table, of a view's definer and of administrators."""
        everything = frozenset(table.columns)
        roles = {role_of(identity) for identity in identities}
        if table.created_by is not None and role_of(table.created_by) in roles:
            yield Path(everything, None, How.CREATOR, why=f"made {table.database}.{table.name}")
        if table.is_view and table.definer is not None and table.definer in identities:
            yield Path(everything, None, How.DEFINER, why=f"defines {table.database}.{table.name}")
        if not identities.isdisjoint(self.state.settings.administrators):
            yield Path(everything, None, How.ADMINISTRATOR, (self.state.settings,), why="may give itself anything")

    def _left_to_iam(self, identities: frozenset[str], table: CataloguedTable) -> Iterator[Path]:
        """Ways by which Lake Formation leaves the decision to IAM."""
        for group in sorted(self._groups - identities):
            for path in self._given(group, identities, table):
                yield Path(path.columns, path.rows, How.IAM, path.witnesses, path.narrowed_by, "everyone whom IAM lets in has it")
        below = self._below(table)
        places = [place for each in below if (place := self._places.of(each.location)) is not None]
        everything, whose = frozenset(table.columns), "what it reads" if table.is_view else "its place in S3"
        if below and not places:
            yield Path(everything, None, How.IAM, why=f"{whose} is not registered with Lake Formation")
        elif places and all(place.hybrid for place in places) and not self.opted_in(identities, table.database, table.name):
            yield Path(everything, None, How.IAM, tuple(dict.fromkeys(places)), why=f"not opted in, and {whose} is in hybrid mode")

    def _below(self, table: CataloguedTable) -> list[CataloguedTable]:
        """The tables whose places decide: the table itself, or of a view those that it reads and that are there."""
        known = self.state.tables
        return [known[base] for base in table.base_tables if base in known] if table.is_view else [table]

    def opted_in(self, identities: frozenset[str], database: str, table: str) -> OptIn | None:
        """The opt-in by which Lake Formation decides for an identity about a table in hybrid mode, where there is one."""
        for identity in sorted(identities):
            held = self._opted.get(identity, {})
            found = held.get((database, table)) or held.get((database, EVERY_TABLE))
            if found is not None:
                return found
        return None


def role_of(identity: str) -> str:
    """The role of a session, without its path, since a session does not tell it; any other identity as it is."""
    session = _SESSION.fullmatch(identity)
    if session is not None:
        return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
    head, role, name = identity.partition(":role/")
    return f"{head}{role}{name.rpartition('/')[2]}" if role else identity


def _name(on: Resource) -> tuple[str, ...]:
    return (on.name,) if isinstance(on, Table) else (on.table,) if isinstance(on, Columns) else ()


def _some(table: CataloguedTable, on: Columns | CellsFilter) -> frozenset[str]:
    """The table's columns that are named, or all but those that are left out; names in any case."""
    if on.included:
        named = {name.lower() for name in on.included}
        return frozenset(name for name in table.columns if name.lower() in named)
    without = {name.lower() for name in on.excluded}
    return frozenset(name for name in table.columns if name.lower() not in without)
