"""What an identity may read of a table in an account: every way to it, each with what gives it.

This is Ringi's account of Lake Formation's meaning: grants add up and nothing is subtracted; a cell is visible where one way has
its column and its row condition is TRUE. Where AWS's documents leave a question open, the wider answer is taken, so that nothing
visible is ever told to be hidden (docs/access/lake-formation.md lists each). Used by the plan (what a step shows and hides), by
drift and explain, and by the tests of the compiler. `Index` is built once over a state and then asked many questions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from governance.lake_formation.api.canonical import expression
from governance.lake_formation.reads.registered import Places
from governance.lake_formation.reads.row_rules import RowRules
from governance.lake_formation.reads.tag_match import Tags
from governance.lake_formation.reads.ways import How, Path, cells, role_of
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Expression, Filter, Other, Resource, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    CataloguedTable,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
)

__all__ = ["How", "Index", "Path", "cells", "paths", "role_of"]

READS = frozenset({"SELECT", "ALL"})
"""Actions that let somebody read a table's rows."""

READS_EVERYTHING = frozenset({*READS, "SUPER_USER"})
"""The same on the whole catalog."""

EVERYBODY = ":IAMPrincipals"
"""The end of the group's name in which every IAM principal of an account is."""


def paths(state: AccountState, identities: frozenset[str], database: str, table: str) -> tuple[Path, ...]:
    """Every way of one identity (with its groups) to one table; nothing for a table that is not there. See `Index`."""
    return Index(state).paths(identities, database, table)


class Index:
    """An account's state, looked up by who and where; questions then cost what the identity itself holds."""

    def __init__(self, state: AccountState) -> None:
        self.state = state
        self._named_of: dict[str, list[Permission]] = defaultdict(list)
        self._near_of: dict[str, dict[tuple[str, str], list[Permission]]] = {}
        self._tagged: dict[str, list[tuple[Permission, Expression]]] = defaultdict(list)
        self._everywhere: dict[str, list[Permission]] = defaultdict(list)
        self._filters = {(each.database, each.table, each.name): each for each in state.filters}
        self._tags, self._rules, self._places = Tags(state), RowRules(state), Places(state.registrations)
        self._opted: dict[str, dict[tuple[str, str], OptIn]] = defaultdict(dict)
        for permission in state.permissions:
            self._note(permission)
        readers = {*self._named_of, *self._tagged, *self._everywhere}
        self._groups = sorted(name for name in readers if name == IAM_ALLOWED or name.endswith(EVERYBODY))
        self._known: dict[tuple[str, str], _Known] = {}
        for each in state.opt_ins:
            if isinstance(each.resource, Table) and each.condition is None:
                self._opted[each.principal][each.resource.database, each.resource.name] = each

    def _note(self, permission: Permission) -> None:
        """Keep a permission where questions look for it; one that lets nobody read is left out."""
        on, action = permission.resource, permission.action
        if action not in READS_EVERYTHING:
            return
        if isinstance(on, (Table, Columns, Filter)):  # a tuple: making a union anew for each permission would cost a second
            if action in READS:
                self._named_of[permission.principal].append(permission)
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
        told = self._table(database, table)
        if told is None:
            return ()
        given = (path for identity in sorted(identities) for path in self._given(identity, identities, told.table))
        return (*given, *self._implied(identities, told), *self._left_to_iam(identities, told))

    def _table(self, database: str, name: str) -> _Known | None:
        """What is the same in every question about a table; None for one that is not there."""
        found = self._known.get((database, name))
        if found is None and (table := self.state.tables.get((database, name))) is not None:
            below = self._below(table)
            places = tuple(dict.fromkeys(place for each in below if (place := self._places.of(each.location)) is not None))
            maker = None if table.created_by is None else role_of(table.created_by)
            found = self._known[database, name] = _Known(table, frozenset(table.columns), maker, not below, places)
        return found

    def _given(self, identity: str, identities: frozenset[str], table: CataloguedTable) -> Iterator[Path]:
        """Ways by explicit permissions of one identity or group."""
        near = self._near(identity)
        for key in ((table.database, table.name), (table.database, EVERY_TABLE)) if near else ():
            for permission in near.get(key, ()):
                yield from self._named(permission, identities, table)
        everything = frozenset(table.columns)
        for permission in self._everywhere.get(identity, ()):
            yield from self._limited(everything, How.INHERITED, (permission,), identities, table)
        for permission, keys in self._tagged.get(identity, ()):
            columns, witnesses = self._tags.matched(table, keys)
            if columns:
                yield from self._limited(columns, How.TAG, (permission, *witnesses), identities, table)

    def _near(self, identity: str) -> Mapping[tuple[str, str], list[Permission]]:
        """An identity's permissions on tables, columns and filters, by database and table; sorted when they are first asked for."""
        found = self._near_of.get(identity)
        if found is None:
            found = self._near_of[identity] = {}
            for permission in self._named_of.get(identity, ()):
                on = permission.resource
                if isinstance(on, (Table, Columns, Filter)):
                    found.setdefault((on.database, on.name if isinstance(on, Table) else on.table), []).append(permission)
        return found

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

    def _implied(self, identities: frozenset[str], told: _Known) -> Iterator[Path]:
        """Ways that nobody gave: those of who made the table, of a view's definer and of administrators."""
        table, everything = told.table, told.columns
        if told.maker is not None and any(role_of(identity) == told.maker for identity in identities):
            yield Path(everything, None, How.CREATOR, why=f"made {table.database}.{table.name}")
        if table.is_view and table.definer is not None and table.definer in identities:
            yield Path(everything, None, How.DEFINER, why=f"defines {table.database}.{table.name}")
        if not identities.isdisjoint(self.state.settings.administrators):
            yield Path(everything, None, How.ADMINISTRATOR, (self.state.settings,), why="may give itself anything")

    def _left_to_iam(self, identities: frozenset[str], told: _Known) -> Iterator[Path]:
        """Ways by which Lake Formation leaves the decision to IAM."""
        table = told.table
        for group in self._groups:
            for path in self._given(group, identities, table) if group not in identities else ():
                yield Path(path.columns, path.rows, How.IAM, path.witnesses, path.narrowed_by, "everyone whom IAM lets in has it")
        whose = "what it reads" if table.is_view else "its place in S3"
        if not told.places and not told.is_nowhere:
            yield Path(told.columns, None, How.IAM, why=f"{whose} is not registered with Lake Formation")
        elif told.is_hybrid and not self.opted_in(identities, table.database, table.name):
            yield Path(told.columns, None, How.IAM, told.places, why=f"not opted in, and {whose} is in hybrid mode")

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


@dataclass(frozen=True, slots=True)
class _Known:
    """What is the same in every question about one table.

    `maker` is the role that made it; `places` are those that decide about it. `is_nowhere` says of a view that nothing below it is known.
    """

    table: CataloguedTable
    columns: frozenset[str]
    maker: str | None
    is_nowhere: bool
    places: tuple[Registration, ...]

    @property
    def is_hybrid(self) -> bool:
        return bool(self.places) and all(place.hybrid for place in self.places)


def _name(on: Resource) -> tuple[str, ...]:
    return (on.name,) if isinstance(on, Table) else (on.table,) if isinstance(on, Columns) else ()


def _some(table: CataloguedTable, on: Columns | CellsFilter) -> frozenset[str]:
    """The table's columns that are named, or all but those that are left out; names in any case."""
    return _chosen(table.columns, on.included, on.excluded)


@lru_cache(maxsize=65_536)
def _chosen(columns: tuple[str, ...], included: tuple[str, ...], excluded: tuple[str, ...]) -> frozenset[str]:
    if included:
        named = {name.lower() for name in included}
        return frozenset(name for name in columns if name.lower() in named)
    without = {name.lower() for name in excluded}
    return frozenset(name for name in columns if name.lower() not in without)
