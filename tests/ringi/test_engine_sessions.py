"""Further sessions of an engine, for pieces of a backfill that are computed side by side."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ringi.engines import beside, opened
from ringi.project import Profile


def test_sessions_side_by_side_share_memory_and_processors_and_no_tables(tmp_path: Path) -> None:
    profile = Profile("local", tmp_path, memory_limit="2GiB", threads=4)
    with closing(opened(profile)) as engine:
        engine.keep("fresh", ["SELECT 1 AS number"])
        with closing(beside(profile, engine, 2)) as first, closing(beside(profile, engine, 2)) as second:
            first.keep("fresh", ["SELECT 2 AS number"])
            second.keep("fresh", ["SELECT 3 AS number"])
            assert [each.value("SELECT number FROM fresh") for each in (engine, first, second)] == [1, 2, 3]
            assert first.value("SELECT current_setting('threads')") == 2
            assert first.value("SELECT current_setting('memory_limit')") == "1.0 GiB"
