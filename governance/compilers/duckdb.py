"""The evaluator's answer as DuckDB SQL: a SELECT over a relation that yields the permitted cells and nothing else.

Text only, no engine is imported; run by the locked query process (`infra/local/query_process.py`) before it is locked. The
row filter sees the values as they are stored; a cell that is not permitted in a permitted row is NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.expression import to_sql
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from governance.access import Access
    from metrics_catalog.expression import Node


def quoted(name: str) -> str:
    """An identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def permitted(access: Access, source: str, columns: Sequence[str] | None = None) -> str:
    """A SELECT of what is permitted from `source`, a FROM item that has every column of the relation.

    `columns` asks for some of the permitted columns only; a column that is not permitted is never in the result, asked for
    or not. Raises ValueError where nothing is left to select.
    """
    chosen = [name for name in access.columns if columns is None or name in columns]
    if not chosen:
        raise ValueError(f"{access.principal} may see no such column of {access.relation.name}")
    cells = ", ".join(_cell(access, name) for name in chosen)
    rows = access.row_filter
    where = "" if rows is None else f" WHERE {_any(access, rows)}"
    return f"SELECT {cells} FROM {source} AS stored{where}"


def _cell(access: Access, name: str) -> str:
    conditions = access.cell_filter(name)
    if conditions is None:
        return f"stored.{quoted(name)} AS {quoted(name)}"
    return f"CASE WHEN {_any(access, conditions)} THEN stored.{quoted(name)} END AS {quoted(name)}"


def _any(access: Access, conditions: Iterable[Node]) -> str:
    """TRUE where one of the conditions is TRUE; never NULL, so that it means the same in any place."""
    names = {name: _value(name, kind) for name, kind in access.relation.types.items()}
    return "(" + " OR ".join(f"(({to_sql(node, 'duckdb', names, access.relation.types)}) IS TRUE)" for node in conditions) + ")"


def _value(name: str, kind: ColumnType) -> str:
    """A stored value as conditions know it: times without an offset, in UTC."""
    column = f"stored.{quoted(name)}"
    return f"timezone('UTC', {column})" if kind is ColumnType.TIMESTAMP else column
