"""Stands in for the keeper of a local lake's SQL views where the lake is on AWS: its definer views are in Glue, and there is nothing to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from jobs.table import Tables
    from views.published_view import PublishedView


class NoSqlViews:
    """Has the shape of `infra.local.dbt_views.SqlViews`."""

    def __enter__(self) -> NoSqlViews:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing was begun."""

    def start(self, views: Sequence[PublishedView]) -> None:
        """Nothing is begun."""

    def build(self, views: Sequence[PublishedView], tables: Tables) -> None:
        """Nothing is built."""
