"""Attributes of dimensions found for each event: joins that neither multiply rows nor drop any.

A dimension may hold a key several times, because it is wrong or because it changes over time. Before the join it is brought
to one row a key (and a day, where rows have a validity): of several rows the one that became valid last, then the first in
the order of its attributes. That choice is the same every time; that there was one to make is a finding of the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.compile.measures import DAY
from jobs.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobs.compile.request import Periods, Relations
    from jobs.dialects import Dialect
    from metrics_catalog.logic import DimensionLogic


@dataclass(frozen=True, slots=True)
class Joins:
    """JOIN clauses, and for each dimension of the grain the column that holds its member."""

    clauses: tuple[str, ...]
    members: Mapping[str, str]


def dimension_joins(
    dimensions: Iterable[tuple[str, DimensionLogic | None]], periods: Periods, relations: Relations, dialect: Dialect
) -> Joins:
    """The joins that a grain needs: one for each dimension table, however many of its attributes are used."""
    members: dict[str, str] = {}
    tables: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for name, found in dimensions:
        if found is None:
            members[name] = f"placed.{dialect.quoted(name)}"
            continue
        table = (found.dimension, found.key, found.valid_from, found.valid_until)
        tables.setdefault(table, []).append(found.attribute)
        members[name] = f"{_alias(table, tables)}.{dialect.quoted(found.attribute)}"
    clauses = tuple(_join(table, attributes, _alias(table, tables), periods, relations, dialect) for table, attributes in tables.items())
    return Joins(clauses, members)


def _alias(table: tuple[str, str, str | None, str | None], tables: Mapping[tuple[str, str, str | None, str | None], Sequence[str]]) -> str:
    return f"joined_{list(tables).index(table)}"


def _join(
    table: tuple[str, str, str | None, str | None],
    attributes: Sequence[str],
    alias: str,
    periods: Periods,
    relations: Relations,
    dialect: Dialect,
) -> str:
    dimension, key, valid_from, valid_until = table
    if dimension not in relations.dimensions:
        raise JobError(f"The rows of the dimension `{dimension}` are not there.", hint="land its source first.")
    q = dialect.quoted
    columns = [q(key), *map(q, dict.fromkeys(attributes))]
    order = [*columns[1:]]
    days, on, same = "", f"placed.{q(key)} = {alias}.{q(key)}", q(key)
    if valid_from is not None and valid_until is not None:
        columns.append(f"day.{q(DAY)}")
        days = f"\n    JOIN {_days(periods, dialect)} AS day ON {_holds(q(valid_from), q(valid_until), f'day.{q(DAY)}')}"
        order = [f"{q(valid_from)} DESC NULLS LAST", *order]
        on += f" AND placed.{q(DAY)} = {alias}.{q(DAY)}"
        same += f", day.{q(DAY)}"
    ranked = f"row_number() OVER (PARTITION BY {same} ORDER BY {', '.join(order)}) AS {q('@rank')}"
    return (
        f"  LEFT JOIN (\n    SELECT {', '.join([*columns, ranked])}\n    FROM {relations.dimensions[dimension]} AS rows{days}\n"
        f"    WHERE {q(key)} IS NOT NULL\n  ) AS {alias} ON {on} AND {alias}.{q('@rank')} = 1"
    )


def _holds(valid_from: str, valid_until: str, day: str) -> str:
    return f"({valid_from} IS NULL OR {valid_from} <= {day}) AND ({valid_until} IS NULL OR {day} < {valid_until})"


def _days(periods: Periods, dialect: Dialect) -> str:
    return f"({dialect.every_day(periods.first, periods.end)})"
