"""What the compiler gives back: one SQL text, and what its columns are.

Made by `compile_facts`; run by an engine, written to gold by the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from views.published_view import Role

if TYPE_CHECKING:
    from metrics_catalog.source import ColumnType


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of the result, in the order of the result."""

    name: str
    type: ColumnType
    role: Role


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT for one engine, ordered by its keys, so that the same rows give the same bytes."""

    sql: str
    dialect: str
    columns: tuple[OutputColumn, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that together name one row; never NULL."""
        return tuple(column.name for column in self.columns if column.role in (Role.COUNTRY, Role.TIME, Role.DIMENSION))
