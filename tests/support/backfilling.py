"""Backfills over a test lake: `backfilled(lake, "2026-11-01", "2026-11-03")`."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jobs.backfill.plan import BackfillRequest
from jobs.backfill.work import Prepared, backfill, prepare
from jobs.engines.duckdb import DuckDb
from jobs.running.run import RunLake, wanted_views
from tests.support.lakes import NOW, no_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.backfill.report import BackfillReport
    from jobs.engine import Engine
    from tests.support.lakes import RunningLake


def run_lake(lake: RunningLake) -> RunLake:
    return RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine)


def prepared(lake: RunningLake, first: str, last: str, *, view: str = "title_daily", **request: Any) -> Prepared:
    """The plan of a backfill, one period a piece unless told otherwise."""
    request.setdefault("piece_periods", 1)
    asked = BackfillRequest(view, dt.date.fromisoformat(first), dt.date.fromisoformat(last), **request)
    (wanted,) = wanted_views(run_lake(lake), (view,))[0]
    return prepare(run_lake(lake), wanted, asked)


def backfilled(
    lake: RunningLake, first: str, last: str, *, parallel: int = 1, said: list[str] | None = None, now: dt.datetime = NOW, **request: Any
) -> BackfillReport:
    """A whole backfill."""
    say = (said if said is not None else []).append
    ready = prepared(lake, first, last, **request)
    return backfill(run_lake(lake), ready, lambda: session(lake), now, no_progress, say, parallel=parallel)


@contextmanager
def session(lake: RunningLake) -> Iterator[Engine]:
    """One more session of the engine."""
    with DuckDb(spill=lake.root / "warehouse" / ".spill", memory_limit="500MB", threads=1) as engine:
        yield engine
