"""Row policies that are put on tables: which rows they leave an identity. Used by `effective.py`.

Policies add up: a row is shown where one of those for the identity, or for everyone, is TRUE on it. The first that is put on a
table narrows it, each further one widens. One with a Cedar condition may not hold for somebody, so it never narrows by itself. One
whose columns a table lacks shows no row. Views have none.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from governance.lake_formation.resource import TagPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.lake_formation.reads.tag_match import Tags
    from governance.lake_formation.state import AccountState, Attachment, CataloguedTable, Element, RowPolicy

    Rule = tuple[str | None, tuple[Element, ...]]

NOT_NARROWED: tuple[tuple[None, tuple[()]], ...] = ((None, ()),)


class RowRules:
    """The row policies of a state, by table."""

    def __init__(self, state: AccountState) -> None:
        self._policies = {each.name: each for each in state.row_policies}
        self._by_table: dict[tuple[str, str], list[Attachment]] = defaultdict(list)
        self._by_tag: list[tuple[Attachment, TagPolicy]] = []
        for each in sorted(state.attachments, key=str):
            if each.policy not in self._policies:
                continue
            if isinstance(each.on, TagPolicy):
                self._by_tag.append((each, each.on))
            elif each.on is None:
                self._by_table[each.database, each.table].append(each)

    def of(self, identities: frozenset[str], table: CataloguedTable, tags: Tags) -> Iterator[Rule]:
        """The row conditions under which an identity reads, each with what it comes from; one that is None means all rows."""
        if table.is_view or not (self._by_table or self._by_tag):
            return iter(NOT_NARROWED)
        held = [each for each in self._on(table, tags) if each.principal is None or each.default or each.principal in identities]
        if all(each.condition is not None for each in held):
            return iter(NOT_NARROWED)
        policies = ((each, self._policies[each.policy]) for each in held)
        return iter([(policy.rows, (each, policy)) for each, policy in policies if _fits(policy, table)])

    def _on(self, table: CataloguedTable, tags: Tags) -> Iterator[Attachment]:
        yield from self._by_table.get((table.database, table.name), ())
        for each, on in self._by_tag:
            if tags.matches_table(table, on.expression):
                yield each


def _fits(policy: RowPolicy, table: CataloguedTable) -> bool:
    known = {name.lower() for name in table.columns}
    return all(name.lower() in known for name, _ in policy.columns)
