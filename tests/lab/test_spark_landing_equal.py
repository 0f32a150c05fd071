"""Spark and the embedded path, side by side over generated batches: the same rows, reasons, places, counts and restatements."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.workspace import LocalWorkspace
from tests.properties.test_landing_fuzz import CONTRACT, files
from tests.support.landing import SORTING, LandingPad, contract, embedded, lines
from tests.support.spark import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.land.report import LandReport
    from jobs.land.sorting import Sorting
    from metrics_catalog.source import Source

PLACED = '* REPLACE (epoch_us("at") AS "at")'


def on_spark(share_bytes: int, few_records: int) -> Callable[[Path], Sorting]:
    """Repeats are found in one task up to `few_records`, by Spark beyond."""
    from jobs.land.spark import SparkSorting

    return lambda root: SparkSorting(engine(), LocalWorkspace(root / ".judged"), share_bytes=share_bytes, few_records=few_records)


def landed(source: Source, batches: Sequence[Sequence[tuple[str, bytes]]], sorting: Callable[[Path], Sorting]) -> tuple[Any, ...]:
    """Reports and every row of what came of batches of named files."""
    root = Path(tempfile.mkdtemp(prefix="ringi-equal-"))
    token = SORTING.set(sorting)
    try:
        pad = LandingPad(root, source)
        reports: list[LandReport] = [pad.land(*(pad.file(name, content) for name, content in batch)) for batch in batches]
        restated = pad.read("ledger.restatements", "subject, period, members, value_name, old_value, new_value, line_hash")
        return reports, pad.bronze(PLACED), pad.quarantine("*"), restated
    finally:
        SORTING.reset(token)
        shutil.rmtree(root)


def both(source: Source, batches: Sequence[Sequence[tuple[str, bytes]]], share_bytes: int) -> tuple[Any, Any]:
    """What came of the embedded path and of Spark; by Spark the repeats are found in one task and by many, which give the same."""
    in_one_task, by_many = (landed(source, batches, on_spark(share_bytes, few)) for few in (1_000_000, 0))
    assert in_one_task == by_many
    return landed(source, batches, embedded), in_one_task


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.lists(files(), min_size=1, max_size=3, unique=True), min_size=1, max_size=2))
def test_generated_batches_come_out_the_same(batches: list[list[bytes]]) -> None:
    named = [[(f"{place}.jsonl", content) for place, content in enumerate(batch)] for batch in batches]
    ours, theirs = both(CONTRACT, named, 700)
    assert theirs == ours


def test_objects_read_in_parts_come_out_the_same_with_faults_repeats_and_a_contract_break() -> None:
    source = contract(n="integer", got="timestamp", changes={"received_time": "got"})
    good = [
        {"id": f"e{i % 90}", "at": f"2026-11-0{1 + i % 3}T20:00:00Z", "n": i, "got": f"2026-11-05T00:00:{i % 60:02d}Z"} for i in range(150)
    ]
    mixed = lines(*good[:70], "{cut", {**good[0], "n": "x"}, '{"id":"日本","at":"2026-11-01T20:00:00Z"}', *good[70:])
    broken = lines(*({**row, "n": "three"} for row in good))
    raw = mixed.replace(b'"id":"e7"', b'"id":"\xff"')
    batches = [
        [("a.jsonl", mixed), ("b.jsonl", broken), ("c.jsonl", raw), ("d.jsonl.gz", gzip.compress(mixed[:900]))],
        [("e.jsonl", mixed + b" ")],
    ]
    ours, theirs = both(source, batches, 1_500)
    assert theirs == ours
    assert [report.refused_whole for report in ours[0][0].files] == [False, True, False, False]
    assert ours[0][0].counts.repeated and ours[0][1].counts.repeated and ours[2]


@pytest.mark.parametrize("key_type", ["string", "integer"])
def test_restatements_of_a_snapshot_come_out_the_same(key_type: str) -> None:
    columns = {
        "k": {"type": key_type},
        "at": {"type": "timestamp"},
        "x": {"type": "double"},
        "d": {"type": "decimal"},
        "t": {"type": "string"},
    }
    source = contract(columns=columns, changes={"delivery": "snapshot", "key": ["k"], "event_time": "at"})

    def table(start: int, change: int) -> bytes:
        rows = (
            f"{i},2026-11-01T20:00:0{i % 10}.5Z,{1 / (i + change)},{i}.5,{'日本' if i % change else 'its'}"
            for i in range(start, start + 40)
        )
        return ("k,at,x,d,t\n" + "\n".join(rows) + "\n").encode()

    batches = [[("1.csv", table(1, 3))], [("2.csv", table(11, 4))]]
    ours, theirs = both(source, batches, 10_000)
    assert theirs == ours
    restated = ours[0][1].files[0].restated
    assert restated is not None and restated.changed and restated.vanished == 10
