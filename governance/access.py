"""The evaluator: the one place that says what a policy means. Every compiler is tested against it, cell by cell.

A cell (row, column) is visible to a principal iff some grant that holds now reaches the relation, covers the column, and its
row condition is TRUE on the row. Grants add up; nothing is subtracted; without a grant nothing is visible; a condition that
is NULL does not count. A row is visible iff one of its cells is; a cell that is not visible in a visible row reads as NULL.

`visible` is the definition, one cell at a time. `decide` gives the same for a whole relation, as sets that compilers turn
into filters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.policy_rules import given_columns
from governance.predicate import is_true
from metrics_catalog.expression import ExpressionError, Node, canonical, parse, type_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from governance.grant import Grant
    from governance.policy import Policy
    from governance.relation import Relation


@dataclass(frozen=True, slots=True)
class Held:
    """What one grant gives a principal of one relation: columns, and the rows on which `condition` is TRUE (None: all rows)."""

    grant: str
    columns: frozenset[str]
    condition: Node | None = None


@dataclass(frozen=True)
class Access:
    """All that a principal may see of one relation. Falsy where it is nothing."""

    principal: str
    relation: Relation
    held: tuple[Held, ...]

    def __bool__(self) -> bool:
        return bool(self.held)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of which some cell may be visible, in the relation's order."""
        return tuple(name for name in self.relation.types if any(name in held.columns for held in self.held))

    @property
    def row_filter(self) -> tuple[Node, ...] | None:
        """A row is visible where one of these is TRUE; None: every row."""
        return _conditions(self.held)

    def cell_filter(self, column: str) -> tuple[Node, ...] | None:
        """In a visible row, the column's cell is visible where one of these is TRUE; None: always."""
        own = _conditions(tuple(held for held in self.held if column in held.columns))
        rows = self.row_filter
        return None if own is None or (rows is not None and set(own) == set(rows)) else own

    def grants_of(self, column: str) -> tuple[str, ...]:
        """Names of the grants that give cells of a column."""
        return tuple(held.grant for held in self.held if column in held.columns)

    @property
    def is_whole(self) -> bool:
        """Whether every cell of the relation is visible."""
        return (
            self.columns == tuple(self.relation.types)
            and all(self.cell_filter(name) is None for name in self.columns)
            and (self.row_filter is None)
        )

    def shows(self, row: Mapping[str, Any], column: str) -> bool:
        """Whether one cell is visible; `row` maps every column of the relation to its value (None for NULL)."""
        return any(
            column in held.columns and (held.condition is None or is_true(held.condition, row, self.relation.types)) for held in self.held
        )


def visible(policy: Policy, principal: str, relation: Relation, row: Mapping[str, Any], column: str, at: dt.datetime) -> bool:
    """Whether a principal sees one cell at an instant: the definition of access."""
    return decide(policy, principal, relation, at).shows(row, column)


def decide(policy: Policy, principal: str, relation: Relation, at: dt.datetime) -> Access:
    """What a principal may see of a relation at an instant; nothing for a principal that the policy does not know."""
    held = (_held(name, grant, relation) for name, grant in policy.given_to(principal).items() if grant.holds(at))
    return Access(principal, relation, tuple(each for each in held if each is not None))


def _held(name: str, grant: Grant, relation: Relation) -> Held | None:
    """What a grant gives of a relation; None where that is nothing, as where its condition does not fit the columns."""
    if not grant.reaches(relation.schema, relation.view):
        return None
    columns = given_columns(grant, relation.classes)
    if not columns:
        return None
    if grant.rows is None:
        return Held(name, columns)
    try:
        condition = parse(grant.rows)
        fits = type_of(condition, relation.types) is ColumnType.BOOLEAN
    except ExpressionError:
        return None
    return Held(name, columns, condition) if fits else None


def _conditions(held: tuple[Held, ...]) -> tuple[Node, ...] | None:
    """The different conditions, in the order of their texts; None where one grant has no condition."""
    if any(each.condition is None for each in held):
        return None
    different = {canonical(each.condition): each.condition for each in held if each.condition is not None}
    return tuple(node for _, node in sorted(different.items(), key=lambda pair: pair[0]))
