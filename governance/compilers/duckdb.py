"""The evaluator's answer as DuckDB SQL: a SELECT over a relation that yields the permitted cells and nothing else.

Text only, no engine is imported; run by the locked query process (`infra/local/query_process.py`) before it is locked. The
row filter sees the values as they are stored, then masks are put on; a cell that is not permitted in a permitted row is NULL.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from governance.compilers.cell_sql import Words, cell, quoted, some_true
from governance.compilers.duckdb_masks import masked
from governance.policy.masks import Mask
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from governance.access.evaluator import Access

__all__ = ["permitted", "quoted"]

SHORTEST_SALT = 16
"""Bytes of a query's secret."""


def permitted(access: Access, source: str, columns: Sequence[str] | None = None, *, salt: bytes | None = None) -> str:
    """A SELECT of what is permitted from `source`, a FROM item that has every column of the relation.

    `columns` asks for some of the permitted columns only; a column that is not permitted is never in the result, asked for
    or not. `salt` is a secret that is made anew for each query. Raises ValueError where nothing is left to select, and where a
    mask needs a secret and there is none.
    """
    chosen = [name for name in access.columns if columns is None or name in columns]
    if not chosen:
        raise ValueError(f"{access.principal} may see no such column of {access.relation.name}")
    if needs_salt(access, chosen) and len(salt or b"") < SHORTEST_SALT:
        raise ValueError(f"{Mask.SHA_256_QUERY_LOCAL} needs a secret of {SHORTEST_SALT} bytes, made for this query")
    words = Words("duckdb", _stored, _compared, partial(masked, salt=salt or b""))
    cells = ", ".join(f"{cell(access, name, words)} AS {quoted(name)}" for name in chosen)
    rows = access.row_filter
    where = "" if rows is None else f" WHERE {some_true(access, rows, words)}"
    return f"SELECT {cells} FROM {source} AS stored{where}"


def needs_salt(access: Access, columns: Iterable[str]) -> bool:
    """Whether a mask of one of the columns hashes with a secret of the query."""
    return any(way.mask is Mask.SHA_256_QUERY_LOCAL for name in columns for way in access.ways(name))


def _stored(name: str) -> str:
    return f"stored.{quoted(name)}"


def _compared(name: str, kind: ColumnType) -> str:
    return f"timezone('UTC', {_stored(name)})" if kind is ColumnType.TIMESTAMP else _stored(name)
