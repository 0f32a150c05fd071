"""Whose reading of which tables a change of one element can touch, as pairs of an identity and a table. Used by `effects.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from governance.lake_formation.elements import table_of
from governance.lake_formation.reads.tag_match import Tags
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Expression, Filter, Other, Resource, Table, TagPolicy
from governance.lake_formation.state import (
    AccountState,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    RowPolicy,
    Tagged,
)

Pair = tuple[str, str, str]
"""Identity, database, table."""


class Reach:
    """Over what is there before or after a plan."""

    def __init__(self, before: AccountState, after: AccountState) -> None:
        self._states = before, after
        self._by_expression: dict[Expression, tuple[tuple[str, str], ...]] = {}

    def of(self, change: tuple[Element | None, Element | None]) -> tuple[Pair, ...]:
        """All pairs that a change can touch, in order; each once."""
        before, after = change
        if before is None and type(after) is Permission:  # nearly all of them
            table = table_of(after.resource)
            if table is not None and table[1] != EVERY_TABLE:
                return ((after.principal, *table),)
        return tuple(sorted({pair for element in change if element is not None for pair in self._of(element)}))

    def _of(self, element: Element) -> Iterator[Pair]:
        match element:
            case Permission():
                yield from self._at((element.principal,), self._tables_of(element.resource))
            case OptIn():
                yield from self._at((element.principal,), self._tables_of(element.resource))
            case CellsFilter():
                on = Filter(element.database, element.table, element.name)
                yield from self._at(self._holders.get(on, ()), ((element.database, element.table),))
            case Tagged():
                yield from self._tagged(element)
            case Attachment():
                yield from self._attached(element)
            case RowPolicy():
                for state in self._states:
                    for each in state.attachments:
                        yield from self._attached(each) if each.policy == element.name else ()

    @staticmethod
    def _at(principals: Iterable[str], tables: Iterable[tuple[str, str]]) -> Iterator[Pair]:
        known = tuple(tables)
        return ((principal, *table) for principal in principals for table in known)

    def _attached(self, element: Attachment) -> Iterator[Pair]:
        readers = self._readers if element.principal is None or element.default else (element.principal,)
        if element.on is None:
            yield from self._at(readers, ((element.database, element.table),))
        elif isinstance(element.on, TagPolicy):
            yield from self._at(readers, self._matching(element.on.expression))

    def _tagged(self, element: Tagged) -> Iterator[Pair]:
        on = element.resource
        tables = ((on.database, on.table),) if isinstance(on, Columns) else self._tables_of(on)
        found = (
            permission.principal for permission, expression in self._tag_permissions if any(key == element.key for key, _ in expression)
        )
        readers = {*found, *self._of_named_expressions}
        return self._at(sorted(readers), tables)

    def _tables_of(self, on: Resource) -> Iterable[tuple[str, str]]:
        """Tables that a resource is, contains or carries the tags of; catalogued ones."""
        if isinstance(on, Database):
            return self._by_database.get(on.name, ())
        if isinstance(on, TagPolicy):
            return self._matching(on.expression)
        table = table_of(on)
        if table is None:
            return ()
        return self._by_database.get(table[0], ()) if isinstance(on, Table) and on.name == EVERY_TABLE else (table,)

    def _matching(self, expression: Expression) -> tuple[tuple[str, str], ...]:
        """Tables of which an expression reaches a column, before or after."""
        if expression not in self._by_expression:
            databases = set.intersection(*(self._carrying(key, values) for key, values in expression)) if expression else set()
            known = [table for database in sorted(databases) for table in self._by_database.get(database, ())]
            self._by_expression[expression] = tuple(table for table in known if self._is_reached(table, expression))
        return self._by_expression[expression]

    def _is_reached(self, table: tuple[str, str], expression: Expression) -> bool:
        return any(
            table in state.tables
            and (tags.matched(state.tables[table], expression)[0] or tags.matches_table(state.tables[table], expression))
            for state, tags in zip(self._states, self._tags, strict=True)
        )

    def _carrying(self, key: str, values: Iterable[str]) -> set[str]:
        return {database for value in values for database in self._databases_by_tag.get((key, value), ())}

    @cached_property
    def _tags(self) -> tuple[Tags, Tags]:
        return Tags(self._states[0]), Tags(self._states[1])

    @cached_property
    def _databases_by_tag(self) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for state in self._states:
            for each in state.tagged:
                on = each.resource
                found[each.key, each.value].add(on.name if isinstance(on, Database) else on.database)
        return found

    @cached_property
    def _by_database(self) -> dict[str, tuple[tuple[str, str], ...]]:
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for state in self._states:
            for table in state.tables:
                found[table[0]].add(table)
        return {database: tuple(sorted(tables)) for database, tables in found.items()}

    @cached_property
    def _holders(self) -> dict[Filter, tuple[str, ...]]:
        found: dict[Filter, set[str]] = defaultdict(set)
        for state in self._states:
            for permission in state.permissions:
                if isinstance(permission.resource, Filter):
                    found[permission.resource].add(permission.principal)
        return {on: tuple(sorted(names)) for on, names in found.items()}

    @cached_property
    def _readers(self) -> tuple[str, ...]:
        return tuple(sorted({permission.principal for state in self._states for permission in state.permissions}))

    @cached_property
    def _tag_permissions(self) -> tuple[tuple[Permission, Expression], ...]:
        found = {each for state in self._states for each in state.permissions if type(each.resource) is TagPolicy}
        return tuple((each, each.resource.expression) for each in found if isinstance(each.resource, TagPolicy))

    @cached_property
    def through_tags(self) -> bool:
        """Whether anybody reads anything by its tags, or is kept from it by a row policy on tags, before or after."""
        on_tags = any(isinstance(each.on, TagPolicy) for state in self._states for each in state.attachments)
        return on_tags or bool(self._tag_permissions or self._of_named_expressions)

    @cached_property
    def _of_named_expressions(self) -> set[str]:
        """Who holds something on what Ringi does not manage, which may be an expression that the account keeps under a name."""
        return {each.principal for state in self._states for each in state.permissions if type(each.resource) is Other}
