"""A run over an opened lake: asks the gate, holds the lake, computes and publishes, and keeps the SQL views of the dbt project.

Used by `ringi run` and `ringi demo`.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.running.run_report import RunReport
    from ringi.lake import Lake
    from ringi.output import Output


def run_lake(lake: Lake, out: Output, views: Sequence[str] = (), *, engine: str | None = None, now: dt.datetime | None = None) -> RunReport:
    """Bring the lake up to date; waits for another writer. `views` narrows the work, all by default.

    `engine` is the profile's unless another is named.

    Raises UsageError for an unknown view, and the errors of `jobs.running.run`.
    """
    from jobs.running.run import RunLake, run, wanted_views
    from jobs.running.run_report import Stage
    from ringi.audit.recording import record_run

    moment = now or dt.datetime.now(dt.UTC)
    for name in views:
        known_view(lake, name)
    with lake.held("run", out.say), lake.engine(engine) as session, lake.sql_views() as sql_views:
        gate = lake.certification(moment)
        parts = RunLake(lake.catalog, gate.published, lake.tables, session, lake.tables.regain)
        contracts = [each.contract for each in wanted_views(parts)[0]]
        sql_views.start(contracts)
        record_run(lake, session, gate, moment)
        report = run(parts, moment, out.progress, views)
        begun = time.perf_counter()
        built = sql_views.build(contracts, lake.tables)
        spent = time.perf_counter() - begun
    return replace(
        report,
        findings=(*gate.findings, *report.findings, *(built.findings if built else ())),
        stages=(*report.stages, Stage("SQL views", spent)),
        notes=(*((built.sentence(),) if built else ()), *lake.tables.regain.notes),
    )


def known_view(lake: Lake, view: str) -> None:
    """Raises UsageError for a view that the project does not have."""
    if view not in lake.catalog.views:
        known = ", ".join(f"`{name}`" for name in sorted(lake.catalog.views)) or "none"
        raise UsageError(f"There is no view `{view}`.", hint=did_you_mean(view, lake.catalog.views) or f"the views are: {known}.")
