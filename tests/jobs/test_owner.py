"""Which process a folder is named after, and whether it still runs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.engines.owner import is_left_behind, is_running, process


@pytest.mark.parametrize(
    ("name", "pid"),
    [("duckdb-12-ab", 12), ("duckdb-12", 12), ("duckdb-", None), ("duckdb-ab-12", None), ("spark-12-ab", None), ("duckdb-١٢-ab", None)],
)
def test_a_name_tells_its_process_or_none(name: str, pid: int | None) -> None:
    assert process(name, "duckdb-") == pid


def test_this_process_runs_and_an_ended_one_does_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_running(os.getpid()) and not is_running(ended.pid) and not is_running(10**30)
    assert is_left_behind(f"duckdb-{ended.pid}-ab", "duckdb-")
    assert not is_left_behind(f"duckdb-{os.getpid()}-ab", "duckdb-") and not is_left_behind("duckdb-mine", "duckdb-")
