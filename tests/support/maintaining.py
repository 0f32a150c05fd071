"""Maintenance over a test lake: `maintained(lake, …)` with a policy that merges and forgets as soon as it can."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra.tables.maintenance import TableUpkeep
from jobs.maintain.plan import MaintainLake
from jobs.maintain.policy import MaintenancePolicy
from jobs.maintain.work import maintain
from tests.support.lakes import no_progress

if TYPE_CHECKING:
    from jobs.maintain.report import MaintenanceReport
    from tests.support.lakes import RunningLake

EAGER = MaintenancePolicy(most_small_files=2, most_manifests=4, keep_days=0.0, keep_published_days=0.0, stray_days=0.0)
"""Merges any three files, forgets whatever may be forgotten, removes at once."""


def soon() -> dt.datetime:
    """A moment after everything that was just written."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)


def maintain_lake(lake: RunningLake) -> MaintainLake:
    """The parts of a test lake that maintenance works on."""
    return MaintainLake(lake.tables, TableUpkeep(lake.tables), lake.engine, frozenset(lake.catalog.views))


def maintained(
    lake: RunningLake, names: tuple[str, ...] = (), *, now: dt.datetime | None = None, dry_run: bool = False, **policy: Any
) -> MaintenanceReport:
    """One call of maintenance; fields of the policy by name."""
    return maintain(maintain_lake(lake), replace(EAGER, **policy), now or soon(), no_progress, names, dry_run=dry_run)
