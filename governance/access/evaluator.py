"""The evaluator: the one place that says what a policy means. Every compiler is tested against it, cell by cell.

A cell (row, column) is visible to a principal iff the relation lies inside the principal's fence (its country, where it has one)
and some grant that holds now reaches the relation, covers the column, and its row condition is TRUE on the row. Grants add up;
nothing is subtracted; without a grant nothing is visible; a condition that is NULL does not count. A row is visible iff one of
its cells is; a cell that is not visible in a visible row reads as NULL.

A visible cell reads clear iff one of the grants that make it visible has no mask for its column; else as the mask says that
reveals most among those of these grants (`masks.RANKS`). So a further grant never hides anything. Conditions are asked of the
values as they are stored; then values are masked; then come the reader's own conditions.

`visible` and `reads` are the definition, one cell at a time. `decide` gives the same for a whole relation, as sets that compilers
turn into filters. See docs/adr/0026-masks-where-grants-add-up.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from governance.access.predicate import is_true
from governance.policy.given_columns import given_columns
from governance.policy.masks import RANKS, masked
from metrics_catalog.expression import ExpressionError, Node, canonical, parse, type_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from governance.policy.grant import Grant
    from governance.policy.masks import Mask
    from governance.policy.policy import Policy
    from governance.policy.relation import Relation


@dataclass(frozen=True, slots=True)
class Held:
    """What one grant gives a principal of one relation: columns, and the rows on which `condition` is TRUE (None: all rows).

    `masks` says what is shown in place of a column's values; columns that are not in it are clear. `roles` are those through
    which the grant came, none where it is given to the principal itself.
    """

    grant: str
    columns: frozenset[str]
    condition: Node | None = None
    masks: Mapping[str, Mask] = field(default_factory=dict)
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a column's cells are shown: clear (no mask) or masked, where one of the conditions is TRUE (None: always)."""

    mask: Mask | None
    conditions: tuple[Node, ...] | None


@dataclass(frozen=True)
class Access:
    """All that a principal may see of one relation. Falsy where it is nothing."""

    principal: str
    relation: Relation
    held: tuple[Held, ...]

    def __bool__(self) -> bool:
        return bool(self.held)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns of which some cell may be visible, in the relation's order."""
        given = frozenset[str]().union(*(held.columns for held in self.held))
        return tuple(name for name in self.relation.types if name in given)

    @cached_property
    def row_filter(self) -> tuple[Node, ...] | None:
        """A row is visible where one of these is TRUE; None: every row."""
        return _conditions(self.held)

    def cell_filter(self, column: str) -> tuple[Node, ...] | None:
        """In a visible row, the column's cell is visible where one of these is TRUE; None: always."""
        return self._beside_rows(_conditions(tuple(held for held in self.held if column in held.columns)))

    def ways(self, column: str) -> tuple[Way, ...]:
        """In a visible row, how the column's cell reads: as the first of these whose conditions hold, else NULL.

        From clear to what reveals least; what stands behind a way that always holds is left out. None for a column that is not given.
        """
        return self._ways.get(column, ())

    @cached_property
    def _ways(self) -> Mapping[str, tuple[Way, ...]]:
        """Worked out once for all columns that the same grants give under the same masks."""
        alike: dict[tuple[tuple[int, Mask | None], ...], tuple[Way, ...]] = {}
        found: dict[str, tuple[Way, ...]] = {}
        for column in self.columns:
            giving = tuple((number, held.masks.get(column)) for number, held in enumerate(self.held) if column in held.columns)
            if giving not in alike:
                alike[giving] = self._ways_of(giving)
            found[column] = alike[giving]
        return found

    def _ways_of(self, giving: tuple[tuple[int, Mask | None], ...]) -> tuple[Way, ...]:
        found: list[Way] = []
        for mask in sorted({mask for _, mask in giving}, key=_rank):
            conditions = _conditions(tuple(self.held[number] for number, each in giving if each is mask))
            found.append(Way(mask, self._beside_rows(conditions)))
            if found[-1].conditions is None:
                break
        return tuple(found)

    def grants_of(self, column: str) -> tuple[str, ...]:
        """Names of the grants that give cells of a column."""
        return tuple(held.grant for held in self.held if column in held.columns)

    def why(self, column: str) -> tuple[str, ...]:
        """The grants that give cells of a column, each with the roles it came through and the mask it puts on it, in words."""
        return tuple(_told(held, column) for held in self.held if column in held.columns)

    @property
    def is_masked(self) -> bool:
        """Whether some cell reads as anything but its value or NULL."""
        return any(way.mask is not None for name in self.columns for way in self.ways(name))

    @property
    def is_whole(self) -> bool:
        """Whether every cell of the relation is visible and clear."""
        clear = (Way(None, None),)
        return self.columns == tuple(self.relation.types) and all(self.ways(name) == clear for name in self.columns) and not self.row_filter

    def shows(self, row: Mapping[str, Any], column: str) -> bool:
        """Whether one cell is visible; `row` maps every column of the relation to its value (None for NULL)."""
        return bool(self._showing(row, column))

    def value(self, row: Mapping[str, Any], column: str, salt: bytes = b"") -> Any:
        """What one cell reads as: its value, what a mask leaves of it, or None. `salt` is the secret of one query."""
        showing = self._showing(row, column)
        if not showing:
            return None
        mask = min((held.masks.get(column) for held in showing), key=_rank)
        return row[column] if mask is None else masked(mask, row[column], self.relation.types[column], salt)

    def _showing(self, row: Mapping[str, Any], column: str) -> list[Held]:
        types = self.relation.types
        covering = [held for held in self.held if column in held.columns]
        return [held for held in covering if held.condition is None or is_true(held.condition, row, types)]

    def _beside_rows(self, own: tuple[Node, ...] | None) -> tuple[Node, ...] | None:
        """Conditions on a cell of a visible row: none where they are those on which the row is visible."""
        rows = self.row_filter
        return None if own is None or (rows is not None and set(own) == set(rows)) else own


def visible(policy: Policy, principal: str, relation: Relation, row: Mapping[str, Any], column: str, at: dt.datetime) -> bool:
    """Whether a principal sees one cell at an instant, clear or masked."""
    return decide(policy, principal, relation, at).shows(row, column)


def reads(policy: Policy, principal: str, relation: Relation, row: Mapping[str, Any], column: str, at: dt.datetime) -> Any:
    """What a principal reads in one cell at an instant: the definition of access. None for NULL and for what is not visible."""
    return decide(policy, principal, relation, at).value(row, column)


def decide(policy: Policy, principal: str, relation: Relation, at: dt.datetime) -> Access:
    """What a principal may see of a relation at an instant; nothing for a principal that the policy does not know."""
    if not policy.may_enter(principal, relation.country):
        return Access(principal, relation, ())
    given = ((name, grant) for name, grant in policy.given_to(principal).items() if grant.reaches(relation.schema, relation.view))
    held = (_held(name, grant, relation, policy.roles_through(principal, name)) for name, grant in given if grant.holds(at))
    return Access(principal, relation, tuple(each for each in held if each is not None))


def _held(name: str, grant: Grant, relation: Relation, roles: tuple[str, ...]) -> Held | None:
    """What a grant gives of a relation; None where that is nothing, as where its condition does not fit the columns."""
    columns = given_columns(grant, relation.classes)
    masks = {column: mask for column, mask in grant.masks.items() if column in columns}
    columns -= {column for column, mask in masks.items() if not mask.fits(relation.types[column])}
    if not columns:
        return None
    if grant.rows is None:
        return Held(name, columns, None, masks, roles)
    try:
        condition = parse(grant.rows)
        fits = type_of(condition, relation.types) is ColumnType.BOOLEAN
    except ExpressionError:
        return None
    return Held(name, columns, condition, masks, roles) if fits else None


def _conditions(held: tuple[Held, ...]) -> tuple[Node, ...] | None:
    """The different conditions, in the order of their texts; None where one grant has no condition."""
    if any(each.condition is None for each in held):
        return None
    different = {canonical(each.condition): each.condition for each in held if each.condition is not None}
    return tuple(node for _, node in sorted(different.items(), key=lambda pair: pair[0]))


def _rank(mask: Mask | None) -> int:
    """Clear comes first."""
    return -1 if mask is None else RANKS[mask]


def _told(held: Held, column: str) -> str:
    roles = f" through {', '.join(held.roles)}" if held.roles else ""
    mask = f", {held.masks[column]}" if column in held.masks else ""
    return f"{held.grant}{roles}{mask}"
