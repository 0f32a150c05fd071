"""Old facts against new ones: what counts as changed, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.engines.duckdb import DuckDb
from jobs.facts import changes
from jobs.facts.changes import Changes, Sides, compare
from jobs.table import TableColumn
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = ("viewing_country", "viewing_date", "title_id")
VALUES = (TableColumn("plays", ColumnType.INTEGER, id=4), TableColumn("hours", ColumnType.DOUBLE, id=5))


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDb]:
    with DuckDb(memory_limit="500MB", threads=1) as engine:
        yield engine


def facts(*rows: str) -> str:
    """A relation of rows such as `JP 2026-11-01 t1 3 0.5`."""
    if not rows:
        return (
            "(SELECT 'x' AS viewing_country, DATE '2026-01-01' AS viewing_date, 'x' AS title_id, 1 AS plays, 1.0::DOUBLE AS hours LIMIT 0)"
        )
    values = ", ".join("('{}', DATE '{}', '{}', {}, {}::DOUBLE)".format(*row.split()) for row in rows)
    return f"(SELECT * FROM (VALUES {values}) AS given(viewing_country, viewing_date, title_id, plays, hours))"


def changed(engine: DuckDb, old: str, new: str) -> Changes:
    return compare(engine, Sides(old, new, KEYS, VALUES))


BASE = ("JP 2026-11-01 t1 3 0.5", "DE 2026-11-01 t1 1 NULL")


@pytest.mark.parametrize(
    ("new", "countries", "restated"),
    [
        (BASE, set(), 0),
        (("JP 2026-11-01 t1 4 0.5", BASE[1]), {"JP"}, 1),
        (("JP 2026-11-01 t1 4 0.7", BASE[1]), {"JP"}, 2),
        ((BASE[0], "DE 2026-11-01 t1 1 0.0"), {"DE"}, 1),
        (("JP 2026-11-01 t1 3 NULL", BASE[1]), {"JP"}, 1),
        (("JP 2026-11-01 t1 3 0.5000000001", BASE[1]), set(), 0),
        (("JP 2026-11-01 t1 3 0.500000001", BASE[1]), {"JP"}, 1),
        ((*BASE, "JP 2026-11-01 t2 1 NULL"), {"JP"}, 1),
        ((*BASE, "JP 2026-11-02 t1 1 NULL"), {"JP"}, 0),
        ((*BASE, "NP 2026-11-01 t1 1 NULL"), {"NP"}, 0),
        ((BASE[0],), {"DE"}, 1),
        ((), {"JP", "DE"}, 3),
    ],
)
def test_what_counts_as_changed(engine: DuckDb, new: tuple[str, ...], countries: set[str], restated: int) -> None:
    assert changed(engine, facts(*BASE), facts(*new)) == Changes(frozenset(countries), restated)


def test_against_nothing_everything_is_new_and_nothing_restated(engine: DuckDb) -> None:
    assert changed(engine, facts(), facts(*BASE)) == Changes(frozenset({"JP", "DE"}), 0)


def test_zero_and_minus_zero_are_the_same_number(engine: DuckDb) -> None:
    assert changed(engine, facts("JP 2026-11-01 t1 0 0.0"), facts("JP 2026-11-01 t1 0 -0.0")).restated == 0


def test_a_view_without_values_in_common_compares_rows_alone(engine: DuckDb) -> None:
    sides = Sides(facts(*BASE), facts(BASE[0]), KEYS, ())
    assert changes.compare(engine, sides) == Changes(frozenset({"DE"}), 0)
