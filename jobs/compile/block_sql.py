"""All common tables of one block, and the last of them: counts, sums and distinct counts side by side."""

from __future__ import annotations

from jobs.compile.distinct import value_tables, values_table
from jobs.compile.events import events_table, member_text
from jobs.compile.one_pass import CELL, Pass, listed
from jobs.compile.placing import calendar_table, placed_table
from jobs.compile.sums import sums_table
from jobs.compile.together import together_tables


def block_tables(one: Pass) -> list[str]:
    """The common tables of a block in the order in which they read each other; the last is `block_N`."""
    measured = together_tables(one) if one.together else [sums_table(one), *value_tables(one), _block_table(one)]
    return [calendar_table(one), placed_table(one), events_table(one), *measured]


def _block_table(one: Pass) -> str:
    """`block_N`: one row a cell and members that have any event, dimensions as text."""
    columns = [f"sums.{one.q(CELL)}"]
    for (name, found), column in zip(one.block.placing.dimensions, one.grain[1:], strict=True):
        columns.append(f"{member_text(one, f'sums.{column}', one.block.dimension_type(name, found))} AS {column}")
    columns += [f"sums.{one.column(measure)}" for measure in one.block.summed()]
    joins = []
    for number, measures in enumerate(one.block.distinct().values()):
        columns += [f"COALESCE(counted_{number}.{column}, 0) AS {column}" for column in map(one.column, measures)]
        joins.append(f"  LEFT JOIN {values_table(one, number)} AS counted_{number} ON {_same_cell(one, f'counted_{number}')}")
    query = "\n".join([f"  SELECT {listed(columns)}", f"  FROM {one.table('sums')} AS sums", *joins])
    return f"{one.table('block')} AS (\n{query}\n)"


def _same_cell(one: Pass, other: str) -> str:
    pairs = [f"sums.{one.grain[0]} = {other}.{one.grain[0]}"]
    return " AND ".join([*pairs, *(f"sums.{column} IS NOT DISTINCT FROM {other}.{column}" for column in one.grain[1:])])
