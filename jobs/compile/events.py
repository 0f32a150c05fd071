"""Second step of a pass: one narrow row an event.

It holds the cell, the dimensions, what is measured or counted, and all filters as bits (`bits.py`); nothing else of the event
travels on. Dimensions that are texts are made complete (`unknown`) here, all others when they become text at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compile.joins import dimension_joins
from jobs.compile.measures import COUNTRY, DAY, PSEUDO_TYPES
from jobs.compile.one_pass import CELL, listed
from metrics_catalog.dimension import UNKNOWN
from metrics_catalog.expression import to_sql
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from jobs.compile.one_pass import Pass
    from metrics_catalog.expression import Node


def events_table(one: Pass) -> str:
    """`events_N`, kept when there are distinct counts, which read it again."""
    periods = one.request.periods
    day = f"placed.{one.q(DAY)}"
    number = one.dialect.period_number(periods.grain, periods.first, day)
    cell = f"CAST(placed.{one.q(COUNTRY)} * {periods.count} + {number} AS INTEGER)"
    joins = dimension_joins(one.block.placing.dimensions, periods, one.request.relations, one.dialect)
    members = [_member(one, name, joins.members[name]) for name, _ in one.block.placing.dimensions]
    names = {name: f"placed.{one.q(name)}" for name in (*one.block.types, COUNTRY, DAY)}
    columns = [f"{cell} AS {one.q(CELL)}", *(f"{member} AS {name}" for member, name in zip(members, one.grain[1:], strict=True))]
    columns += [f"{_printed(one, node, names)} AS {column}" for node, column in one.inputs.items()]
    columns += [f"{_word(one, nodes, names)} AS {one.word(word)}" for word, nodes in enumerate(one.bits.words)]
    rows = [f"  SELECT {listed(columns)}", f"  FROM {one.table('placed')} AS placed", *joins.clauses]
    rows.append(f"  WHERE {day} >= DATE '{periods.first}' AND {day} < DATE '{periods.end}'{_in_cells(one, cell)}")
    query = "\n".join(rows)
    return one.dialect.kept(one.table("events"), query) if one.block.distinct() else f"{one.table('events')} AS (\n{query}\n)"


def member_text(one: Pass, column: str, kind: ColumnType) -> str:
    """A dimension of the narrow rows as text."""
    if kind is ColumnType.STRING:
        return column
    return f"COALESCE(CAST({column} AS {one.dialect.type(ColumnType.STRING)}), {one.dialect.string(UNKNOWN)})"


def _member(one: Pass, name: str, column: str) -> str:
    kind = one.block.dimension_type(name, dict(one.block.placing.dimensions)[name])
    return f"COALESCE({column}, {one.dialect.string(UNKNOWN)})" if kind is ColumnType.STRING else column


def _printed(one: Pass, node: Node, names: dict[str, str]) -> str:
    return to_sql(node, one.dialect.name, names, {**one.block.types, **PSEUDO_TYPES})


def _word(one: Pass, nodes: list[Node], names: dict[str, str]) -> str:
    """All filters of a word: one CASE each, so that a condition that is NULL leaves its bit empty."""
    kind = one.dialect.bits_type(len(nodes))
    tests = (
        f"CASE WHEN {_printed(one, node, names)} THEN CAST({1 << bit} AS {kind}) ELSE CAST(0 AS {kind}) END"
        for bit, node in enumerate(nodes)
    )
    return "\n      | ".join(tests)


def _in_cells(one: Pass, cell: str) -> str:
    periods = one.request.periods
    if periods.cells is None:
        return ""
    numbers = {country: number for number, country in enumerate(one.request.countries)}
    wanted = sorted(
        numbers[country] * periods.count + periods.index(start)
        for country, start in periods.cells
        if country in numbers and periods.first <= start < periods.end
    )
    return f"\n    AND {cell} IN ({', '.join(map(str, wanted)) or 'NULL'})"
