"""Tags in a state: which tags a table and its columns carry, and which columns a tag expression reaches. Used by `effective.py`.

A tag is inherited from the database by its tables and from a table by its columns; the nearest one counts. An expression matches
where every key is there with one of its values. A key that is no longer defined matches nothing: deleting a tag takes the grants
that name it with it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from governance.lake_formation.resource import Columns, Database

if TYPE_CHECKING:
    from governance.lake_formation.resource import Expression
    from governance.lake_formation.state import AccountState, CataloguedTable, Tagged


class Tags:
    """The tags of a state, by what carries them."""

    def __init__(self, state: AccountState) -> None:
        self._defined = {each.key: frozenset(each.values) for each in state.tags}
        self._databases: dict[str, dict[str, Tagged]] = defaultdict(dict)
        self._tables: dict[tuple[str, str], dict[str, Tagged]] = defaultdict(dict)
        self._columns: dict[tuple[str, str], dict[tuple[str, str], Tagged]] = defaultdict(dict)
        for each in state.tagged:
            on = each.resource
            if isinstance(on, Database):
                self._databases[on.name][each.key] = each
            elif isinstance(on, Columns):
                for name in on.included:
                    self._columns[on.database, on.table][name.lower(), each.key] = each
            else:
                self._tables[on.database, on.name][each.key] = each

    def matched(self, table: CataloguedTable, expression: Expression) -> tuple[frozenset[str], tuple[Tagged, ...]]:
        """The columns that an expression reaches, and the tags by which it does."""
        if any(not set(values) & self._defined.get(key, frozenset()) for key, values in expression):
            return frozenset(), ()
        own, witnesses, found = self._of_table(table), [], set()
        by_column = self._columns.get((table.database, table.name), {})
        for column in table.columns:
            carried = [(by_column.get((column.lower(), key)) or own.get(key), values) for key, values in expression]
            matching = [each for each, values in carried if each is not None and each.value in values]
            if len(matching) == len(carried):
                found.add(column)
                witnesses += matching
        return frozenset(found), tuple(dict.fromkeys(witnesses))

    def matches_table(self, table: CataloguedTable, expression: Expression) -> bool:
        """Whether a table itself, whatever its columns carry, has the tags of an expression."""
        carried = self._of_table(table)
        return all(key in carried and carried[key].value in values for key, values in expression)

    def _of_table(self, table: CataloguedTable) -> dict[str, Tagged]:
        return {**self._databases.get(table.database, {}), **self._tables.get((table.database, table.name), {})}
