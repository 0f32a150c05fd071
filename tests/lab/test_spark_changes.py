"""Old facts against new ones on Spark, in a view as wide as real ones are: its optimizer must not take the comparison over again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.facts.changes import Changes, Sides, compare
from jobs.table import TableColumn
from metrics_catalog.source import ColumnType
from tests.support.spark import engine as spark_engine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobs.engines.spark import SparkEngine

KEYS = (
    TableColumn("viewing_country", ColumnType.STRING, id=1),
    TableColumn("viewing_date", ColumnType.DATE, id=2),
)
WIDTH = 60

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [ColumnType.INTEGER, ColumnType.DOUBLE])
def test_a_wide_view_is_compared_in_the_memory_of_a_narrow_one(tmp_path: Path, kind: ColumnType) -> None:
    engine = spark_engine()
    values = tuple(TableColumn(f"metric_{number:02}", kind, id=10 + number) for number in range(WIDTH))
    old = _facts(engine, tmp_path / "old", values, ("JP", 1), ("DE", 1))
    new = _facts(engine, tmp_path / "new", values, ("JP", 1), ("DE", 2))
    found = compare(engine, Sides(old, new, tuple(key.name for key in KEYS), values))
    assert found == Changes(frozenset({"DE"}), WIDTH)


def _facts(engine: SparkEngine, folder: Path, values: Sequence[TableColumn], *rows: tuple[str, int]) -> str:
    """A relation over files with one day's row for each country, each of its values the given number."""
    selects = [
        ", ".join([f"SELECT '{code}' AS viewing_country, DATE '2026-11-01' AS viewing_date", *_same(engine, values, number)])
        for code, number in rows
    ]
    written = engine.write(" UNION ALL ".join(selects), str(folder), (*KEYS, *values))
    return engine.relation([file.path for file in written], (*KEYS, *values))


def _same(engine: SparkEngine, values: Sequence[TableColumn], number: int) -> list[str]:
    return [f"CAST({number} AS {engine.dialect.type(column.type)}) AS {column.name}" for column in values]
