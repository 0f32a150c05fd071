"""The relations that the dbt models read: a country's saved copy, as a DuckDB view over the files of its newest snapshot.

Made from the contracts and the lists of files; run by `infra.local.views_file`. Data that changes only moves these lists:
dbt, which knows nothing of files, need not run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.source import ColumnType
from views.published_view import published_name, saved_name
from views.render import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from views.published_view import PublishedView

_TYPES = {
    ColumnType.STRING: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18, 6)",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamp with time zone",
    ColumnType.DATE: "date",
}


@dataclass(frozen=True, slots=True)
class Copy:
    """One saved copy: whose it is, the view it is of, and the columns its readers were promised."""

    country: str
    view: str
    columns: tuple[tuple[str, ColumnType], ...]

    @property
    def name(self) -> str:
        """`saved_jp.title_daily`."""
        return saved_name(self.country, self.view)

    @property
    def published(self) -> str:
        """`views_jp.title_daily`, the definer view over it."""
        return published_name(self.country, self.view)


def copies(views: Sequence[PublishedView]) -> tuple[Copy, ...]:
    """All saved copies that the definer views of these views read."""
    return tuple(
        Copy(country, view.name, tuple((column.name, column.type) for column in view.columns))
        for view in views
        for country in view.countries
    )


def statement(copy: Copy, files: Sequence[str]) -> str:
    """SQL that makes the relation. It has every promised column: those that no file has yet, or a copy without files, are empty."""
    promised = ", ".join(f"null::{_TYPES[kind]} as {quoted(name, 'duckdb')}" for name, kind in copy.columns)
    made = f"create or replace view {relation(copy.name)} as\nselect {promised} where false"
    if not files:
        return made
    listed = ", ".join(text_literal(path, "duckdb") for path in files)
    return f"{made}\nunion all by name\nselect * from read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def relation(name: str) -> str:
    """`"saved_jp"."title_daily"`."""
    return ".".join(quoted(part, "duckdb") for part in name.split("."))
