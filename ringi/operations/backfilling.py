"""A backfill over an opened lake: plans it, says what it will cost, and walks it with sessions of the profile's engine.

Used by `ringi backfill`.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobs.backfill.estimate import Estimate
    from jobs.backfill.plan import BackfillRequest
    from jobs.backfill.report import BackfillReport
    from jobs.engine import Engine
    from metrics_catalog.finding import Finding
    from ringi.lake import Lake
    from ringi.output import Output


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What was estimated, whether it goes `on` with one that was cut off, and what was done; no `report` where it was only planned."""

    estimate: Estimate
    on: bool
    report: BackfillReport | None
    findings: tuple[Finding, ...]


def backfill_lake(
    lake: Lake,
    out: Output,
    request: BackfillRequest,
    *,
    agreed: Callable[[Estimate, bool], bool],
    parallel: int = 1,
    engine: str | None = None,
    now: dt.datetime | None = None,
) -> Backfilled:
    """Plan a backfill, ask whether it is `agreed` to, and do it; waits for another writer of the lake.

    Raises UsageError for an unknown view or days that are none, GovernanceError where nothing of the view is certified, and the
    errors of `jobs.backfill`.
    """
    from jobs.backfill.work import backfill, prepare
    from jobs.running.run import RunLake, wanted_views
    from ringi.engines import beside
    from ringi.operations.running import known_view

    moment = now or dt.datetime.now(dt.UTC)
    known_view(lake, request.view)
    if request.first > request.last:
        raise UsageError(f"The days from {request.first} to {request.last} are none.", hint="give the first day first.")
    with lake.held("backfill", out.say), lake.engine(engine) as session, lake.sql_views() as sql_views:
        gate = lake.certification(moment)
        parts = RunLake(lake.catalog, gate.published, lake.tables, session)
        wanted, findings = wanted_views(parts, (request.view,))
        if not wanted:
            raise GovernanceError(
                f"Nothing of the view `{request.view}` may be published.", hint="see what is missing with `ringi status`."
            )
        prepared = prepare(parts, wanted[0], request)
        found = prepared.estimate(parts, _processors(lake))
        on = prepared.begun is not None
        if not agreed(found, on):
            return Backfilled(found, on, None, (*gate.findings, *findings))
        contracts = [each.contract for each in wanted_views(parts)[0]]
        sql_views.start(contracts)

        @contextmanager
        def piece_session() -> Iterator[Engine]:
            """The engine itself for pieces one by one; a session for each where several are computed side by side."""
            if parallel == 1:
                yield session
                return
            with closing(beside(lake.config, session, parallel)) as other:
                yield other

        report = backfill(parts, prepared, piece_session, moment, out.progress, out.say, parallel=parallel)
        built = sql_views.build(contracts, lake.tables)
    return Backfilled(found, on, report, (*gate.findings, *findings, *(built.findings if built else ())))


def _processors(lake: Lake) -> int:
    return lake.config.threads or os.cpu_count() or 1
