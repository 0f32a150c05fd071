"""An opened lake: one session of an engine serves all that is done inside a block that has it open."""

from __future__ import annotations

from pathlib import Path

from ringi.lake import Lake
from tests.support.catalogs import small_project


def test_an_engine_that_is_open_is_the_one_that_is_given(tmp_path: Path) -> None:
    lake = Lake(small_project(tmp_path))
    with lake.engine() as first:
        with lake.engine("duckdb") as second:
            assert second is first
        assert first.value("SELECT 1") == 1, "the inner block has not closed what is not its own"
    with lake.engine() as third:
        assert third is not first
