"""What a run changed: old facts compared with new ones, row by row, in one SQL statement.

Answers which countries must be published again, and gives the lines of the restatement ledger: one for each published value
that is another now. Doubles that differ by less than 1e-9 of their size are equal. Used by `facts.py` before the new facts are
published, and by `restate.py` after a run was cut off: both compare the files that left with those that came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects import literal
from metrics_catalog.source import ColumnType
from metrics_catalog.view import COUNTRY_COLUMN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.engine import Engine
    from jobs.facts.gold import GoldState
    from jobs.table import TableColumn

TABLE = "changed_facts"
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Changes:
    """The countries whose facts changed, and how many published values did."""

    countries: frozenset[str]
    restated: int


@dataclass(frozen=True, slots=True)
class Sides:
    """Two relations with the same columns: `keys` name a row (country first, then period), `values` are compared."""

    old: str
    new: str
    keys: tuple[str, ...]
    values: tuple[TableColumn, ...]


def compare(engine: Engine, sides: Sides) -> Changes:
    """Compare both sides; the rows that differ stay in the session for `lines`."""
    engine.keep(TABLE, [_changed_sql(sides)])
    countries = engine.rows(f'SELECT DISTINCT "{COUNTRY_COLUMN}" FROM {TABLE}')
    restated = engine.value(f"SELECT count(*) FROM ({_values_sql(engine.dialect, sides)}) AS restated")
    return Changes(frozenset(row[0] for row in countries), restated)


def lines(dialect: Dialect, sides: Sides, view: str, run_id: str, reason: str, recorded_at: dt.datetime) -> str:
    """A query that gives the restatement ledger's lines of the last comparison."""
    country, period, *members = sides.keys
    own = dialect.json_object([(name, f'"{name}"') for name in members])
    told = (literal(dialect, value) for value in (run_id, recorded_at, view, reason))
    run, recorded, subject, why = told
    return (
        f"SELECT {run} AS run_id, {recorded} AS recorded_at, {subject} AS subject,"
        f' "{country}" AS viewing_country, "{period}" AS period, {own} AS members,'
        f" each.name AS value_name, each.was AS old_value, each.now AS new_value, {why} AS reason"
        f" FROM ({_values_sql(dialect, sides)}) AS restated"
    )


def _changed_sql(sides: Sides) -> str:
    """Rows that differ: keys, each value before and after, and whether the row's cell was published before.

    Values get their names before they are compared: Spark's optimizer takes a condition over twice for each column that is renamed
    above it, so that a dozen values renamed there took all memory.
    """
    keys = ", ".join(f'"{key}"' for key in sides.keys)
    was = [(f'"{column.name}"', f'"was {column.name}"') for column in sides.values]
    now = [(f'"{column.name}"', f'"now {column.name}"') for column in sides.values]
    columns = ", ".join([keys, *(name for _, name in (*was, *now))])
    differs = " OR ".join(differs_sql(column, before[1], after[1]) for column, before, after in zip(sides.values, was, now, strict=True))
    country, period = (f'"{key}"' for key in sides.keys[:2])
    return (
        f"WITH old AS (SELECT {_renamed(keys, was)}, TRUE AS __was FROM {sides.old}),"
        f" new AS (SELECT {_renamed(keys, now)}, TRUE AS __is FROM {sides.new}),"
        f" cells AS (SELECT DISTINCT {country}, {period}, TRUE AS __published FROM {sides.old}),"
        f" changed AS (SELECT {columns} FROM old FULL JOIN new USING ({keys}) WHERE __was IS NULL OR __is IS NULL OR {differs or 'FALSE'})"
        f" SELECT changed.*, __published IS NOT NULL AS __published FROM changed LEFT JOIN cells USING ({country}, {period})"
    )


def _renamed(keys: str, names: Sequence[tuple[str, str]]) -> str:
    return ", ".join([keys, *(f"{held} AS {name}" for held, name in names)])


def _values_sql(dialect: Dialect, sides: Sides) -> str:
    """One row a published value that changed: the keys and `each(name, was, now)`."""
    if not sides.values:
        return f"SELECT *, NULL AS each FROM {TABLE} LIMIT 0"
    text = dialect.type(ColumnType.STRING)
    each = dialect.each(
        [
            {
                "name": literal(dialect, column.name),
                "was": f"CAST({was} AS {text})",
                "now": f"CAST({now} AS {text})",
                "differs": differs_sql(column, was, now),
            }
            for column, was, now in ((column, f'"was {column.name}"', f'"now {column.name}"') for column in sides.values)
        ]
    )
    keys = ", ".join(f'"{key}"' for key in sides.keys)
    return f"SELECT {keys}, each FROM (SELECT {keys}, {each} AS each FROM {TABLE} WHERE __published) AS compared WHERE each.differs"


def differs_sql(column: TableColumn, one: str, other: str) -> str:
    """SQL that is TRUE where two values of a column are not the same number."""
    if column.type is not ColumnType.DOUBLE:
        return f"({one} IS DISTINCT FROM {other})"
    apart = f"abs({one} - {other}) > {TOLERANCE} * greatest(abs({one}), abs({other}))"
    return f"(({one} IS NULL) <> ({other} IS NULL) OR coalesce({apart}, FALSE))"


def sides_of(
    old: str, new: str, before: GoldState, keys: Sequence[str], columns: Sequence[TableColumn], types: Mapping[str, str]
) -> Sides | None:
    """What can be compared of facts before and after: values that had the same name and type; None where rows are named otherwise.

    `columns` is the shape with field ids in which both relations are read, `types` the value columns after. A new column restates nothing.
    """
    if before.keys != tuple(keys):
        return None
    values = tuple(column for column in columns if column.name in types and before.types.get(column.name) == types[column.name])
    return Sides(old, new, tuple(keys), values)
