"""The ledger: a step adds its block once, and no line can be changed, moved or taken out unseen."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.iceberg import LocalTables
from jobs import ledger
from jobs.engines.duckdb import DuckDb
from jobs.table import Commit
from tests.support.tables import SmallLake

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def line(view: str, country: str, rows: int = 1) -> dict[str, Any]:
    return {
        "run_id": "r1",
        "recorded_at": NOW,
        "view": view,
        "viewing_country": country,
        "action": "published",
        "gold_snapshot": 7,
        "saved_snapshot": None,
        "row_count": rows,
        "metrics": {"plays": "abc", "it's": "日本"},
    }


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    lake = SmallLake(tmp_path)
    for block in ("a", "b", "c"):
        lines = [line(f"view_{block}", code) for code in ("JP", "DE", "NP")]
        assert ledger.append_values(lake.tables, lake.engine, ledger.PUBLICATIONS, block, lines) == 3
    return lake


def stored(lake: SmallLake) -> list[dict[str, Any]]:
    rows = lake.pyiceberg().load_table("ledger.publications").scan().to_arrow().to_pylist()
    return sorted(rows, key=lambda row: (row["block"], row["line"]))


def test_a_whole_ledger_has_no_fault(lake: SmallLake) -> None:
    assert ledger.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()
    rows = stored(lake)
    assert [row["line"] for row in rows] == [1, 2, 3] * 3
    assert rows[0]["previous_hash"] == ledger.GENESIS and rows[3]["previous_hash"] == rows[0]["hash"]
    assert rows[0]["metrics"] == '{"it\'s":"日本","plays":"abc"}' and rows[0]["recorded_at"] == NOW and rows[0]["saved_snapshot"] is None


def test_a_ledger_that_was_never_written_has_no_fault(tmp_path: Path) -> None:
    fresh = SmallLake(tmp_path / "fresh")
    assert ledger.verify(fresh.tables, fresh.engine, ledger.RUNS) == ()
    assert ledger.append_values(fresh.tables, fresh.engine, ledger.RUNS, "nothing", []) == 0
    assert fresh.tables.spec("ledger.runs") is None


def test_a_step_that_is_repeated_adds_nothing(lake: SmallLake) -> None:
    before = stored(lake)
    assert ledger.append_values(lake.tables, lake.engine, ledger.PUBLICATIONS, "b", [line("view_b", "JP")]) == 0
    assert stored(lake) == before and ledger.recorded(lake.tables, ledger.PUBLICATIONS, "b")


def rewritten(lake: SmallLake, sql: str) -> None:
    """Replace all rows of the ledger by those of a query over the present ones, called `held`."""
    spec = lake.tables.spec("ledger.publications")
    head = lake.tables.snapshot("ledger.publications")
    assert spec is not None and head is not None
    held = lake.engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
    files = lake.written(spec, f"WITH held AS (SELECT * FROM {held}) {sql}")
    summary = {name: head.summary[name] for name in (ledger.BLOCK, ledger.BLOCK_HASH, ledger.BLOCK_NUMBER)}
    lake.tables.commit(Commit(spec.name, files, replace_all=True, summary=summary, check_parent=False))


@pytest.mark.parametrize(
    "forgery",
    [
        "SELECT * REPLACE (CASE WHEN line = 2 AND block = 'b' THEN 99 ELSE row_count END AS row_count) FROM held",
        "SELECT * REPLACE (recorded_at + INTERVAL 1 MICROSECOND AS recorded_at) FROM held",
        "SELECT * FROM held WHERE NOT (block = 'b' AND line = 2)",
        "SELECT * FROM held WHERE block <> 'b'",
        "SELECT * FROM held WHERE block <> 'c'",
        "SELECT * FROM held WHERE block <> 'a'",
        "SELECT * REPLACE (4 - line AS line) FROM held",
        "SELECT * REPLACE (4 - block_number AS block_number) FROM held",
        "SELECT * FROM held UNION ALL SELECT * REPLACE (4 AS line) FROM held WHERE block = 'c' AND line = 3",
    ],
)
def test_every_forgery_is_found(lake: SmallLake, forgery: str) -> None:
    rewritten(lake, forgery)
    assert ledger.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)


def test_an_honest_rewrite_of_the_files_is_no_fault(lake: SmallLake) -> None:
    rewritten(lake, "SELECT * FROM held ORDER BY hash DESC")
    assert ledger.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()


def test_two_writers_at_once_make_one_chain(lake: SmallLake) -> None:
    def write(number: int) -> int:
        tables = LocalTables(lake.root / "warehouse")
        with DuckDb(memory_limit="500MB", threads=1) as engine:
            return ledger.append_values(tables, engine, ledger.PUBLICATIONS, f"t{number}", [line("v", "JP", number)])

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(write, range(3))) == [1, 1, 1]
    assert len(stored(lake)) == 12
    assert ledger.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()
