"""The ledger: a step adds its block once, and no line can be changed, moved or taken out unseen."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import DuckDb
from jobs.ledgers import ledger, ledger_check
from jobs.table import Commit
from tests.support.tables import SmallLake

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
    assert ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()
    rows = stored(lake)
    assert [row["line"] for row in rows] == [1, 2, 3] * 3
    assert rows[0]["previous_hash"] == ledger.GENESIS and rows[3]["previous_hash"] == rows[0]["hash"]
    assert rows[0]["metrics"] == '{"it\'s":"日本","plays":"abc"}' and rows[0]["recorded_at"] == NOW and rows[0]["saved_snapshot"] is None


def test_a_ledger_that_was_never_written_has_no_fault(tmp_path: Path) -> None:
    fresh = SmallLake(tmp_path / "fresh")
    assert ledger_check.verify(fresh.tables, fresh.engine, ledger.RUNS) == ()
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
    assert ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)


OTHER = {
    "run_id": "'other'", "recorded_at": "recorded_at + INTERVAL 1 DAY", "view": "'other'", "viewing_country": "NULL", "action": "'withdrawn'",
    "gold_snapshot": "8", "saved_snapshot": "8", "row_count": "NULL", "metrics": "'{}'", "block": "'other'", "block_number": "9", "line": "9",
    "line_hash": "repeat('a', 64)", "previous_hash": "repeat('f', 64)", "hash": "repeat('f', 64)",
}  # fmt: skip


@pytest.mark.parametrize("block", ["a", "b", "c"])
@pytest.mark.parametrize("column", OTHER)
def test_any_change_of_any_column_is_found_in_its_block(lake: SmallLake, block: str, column: str) -> None:
    one = f"block = '{block}' AND line = 2"
    rewritten(lake, f"SELECT * REPLACE (CASE WHEN {one} THEN {OTHER[column]} ELSE {column} END AS {column}) FROM held")
    faults = ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)
    assert {fault.block for fault in faults} <= {block, "other"} and faults
    assert all(fault.file is not None for fault in faults)
    if column not in {column.name for column in ledger.CHAIN}:
        assert [(fault.block, fault.line) for fault in faults] == [(block, 2)]
        assert faults[0].sentence.startswith(f"Line 2 of block `{block}`, file ")


@pytest.mark.parametrize("column", [name for name in OTHER if name != "line"])  # three lines with one number are another forgery
def test_a_change_of_a_whole_block_is_found(lake: SmallLake, column: str) -> None:
    rewritten(lake, f"SELECT * REPLACE (CASE WHEN block = 'b' THEN {OTHER[column]} ELSE {column} END AS {column}) FROM held")
    assert ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)


@pytest.mark.parametrize(("block", "line"), [(block, line) for block in "abc" for line in (1, 2, 3)])
def test_a_line_that_was_taken_out_or_doubled_is_missed_in_its_block(lake: SmallLake, block: str, line: int) -> None:
    one = f"block = '{block}' AND line = {line}"
    whole = [file.path for file in lake.tables.files("ledger.publications")]
    rewritten(lake, f"SELECT * FROM held WHERE NOT ({one})")
    assert {fault.block for fault in ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)} == {block}
    back = lake.engine.relation(whole, lake.tables.shape(ledger.PUBLICATIONS).columns)
    rewritten(lake, f"SELECT * FROM {back} UNION ALL SELECT * FROM {back} WHERE {one}")
    assert {fault.block for fault in ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)} == {block}


@pytest.mark.parametrize("before", ["a", "b"])
def test_a_forged_block_beside_a_written_one_is_found(lake: SmallLake, before: str) -> None:
    """Whole in itself, with right hashes, after a block that has a follower already."""
    honest = [file.path for file in lake.tables.files("ledger.publications")]
    columns = lake.tables.shape(ledger.PUBLICATIONS).columns
    relation = lake.engine.relation(honest, columns)
    previous, number = lake.engine.rows(f"SELECT min(hash), min(block_number) FROM {relation} WHERE block = '{before}'")[0]
    lines = ledger.values_sql(lake.engine.dialect, [line("forged", "JP", 999)])
    forged = ledger.block_sql(lake.engine.dialect, ledger.PUBLICATIONS, "forged", number + 1, lines, previous)
    rewritten(lake, f"SELECT * FROM held UNION ALL BY NAME SELECT * FROM ({forged}) AS forged")
    assert [fault.block for fault in ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)] == ["forged"]


def test_a_ledger_that_was_put_back_to_an_earlier_state_is_missed_by_its_head(lake: SmallLake) -> None:
    first = lake.tables.snapshots("ledger.publications")[0]
    files = [file.path for file in lake.tables.files("ledger.publications", snapshot_id=first.id)]
    spec = lake.tables.spec("ledger.publications")
    assert spec is not None
    head = lake.tables.snapshot("ledger.publications")
    assert head is not None
    [fault] = ledger_check.check_files(lake.engine, spec, files, head.summary).faults
    assert "the table's head names block 3, and the last one there is block 1: the end is missing" in fault.message


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
def test_a_data_file_that_is_gone_or_damaged_is_named(lake: SmallLake, damage: str) -> None:
    path = Path(lake.tables.files("ledger.publications")[1].path)
    raw = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(raw[:100] if damage == "cut" else raw[: len(raw) // 2] + bytes(255 - byte for byte in raw[len(raw) // 2 :]))
    faults = ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)
    assert faults and (faults[0].file, faults[0].message) == (path.name, "the data file is gone, or cannot be read")
    assert len(faults) == 2, "the block that was in it is missing too"


def test_blocks_of_before_their_names_were_covered_still_hold(lake: SmallLake) -> None:
    """As earlier versions wrote them: the hash of a block covered what came before and its lines."""
    held = "(SELECT * FROM held WHERE block = 'a')"
    joined = "string_agg(line_hash, '' ORDER BY line)"
    rewritten(lake, f"SELECT * REPLACE ((SELECT sha256(min(previous_hash) || {joined}) FROM {held}) AS hash) FROM {held}")
    [fault] = ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS)
    assert "head" in fault.message, "the block itself is whole; only this test's head is of another block"


def test_an_honest_rewrite_of_the_files_is_no_fault(lake: SmallLake) -> None:
    rewritten(lake, "SELECT * FROM held ORDER BY hash DESC")
    assert ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()


def test_two_writers_at_once_make_one_chain(lake: SmallLake) -> None:
    def write(number: int) -> int:
        tables = LocalTables(lake.root / "warehouse")
        with DuckDb(memory_limit="500MB", threads=1) as engine:
            return ledger.append_values(tables, engine, ledger.PUBLICATIONS, f"t{number}", [line("v", "JP", number)])

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(write, range(3))) == [1, 1, 1]
    assert len(stored(lake)) == 12
    assert ledger_check.verify(lake.tables, lake.engine, ledger.PUBLICATIONS) == ()
