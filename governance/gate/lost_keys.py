"""Keys that held over a metric and hold no longer because people or approvals changed, not because its meaning did.

Used by `ringi.proposal.diffing`: whoever leaves a side, loses a public key or deletes an approval may void keys without touching a
metric's file. The gate is asked twice over the same meanings, with the people and approvals of then and of now.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from governance.gate.gate import certified
from metrics_catalog.diff.catalog_diff import LostKey
from metrics_catalog.lifecycle import KeyState

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.person import Side


def lost_keys(before: Catalog, after: Catalog, root: Path, day: dt.date) -> tuple[LostKey, ...]:
    """Keys of the metrics that both versions know, as they stand at the end of `day` or after the last approval given.

    `root` is the project itself, where the approved meanings lie. Nothing where the people of a version cannot be read.
    """
    metrics = sorted(before.metrics.keys() & before.approvals.keys())
    then = replace(before, root=root)
    now = replace(then, people=after.people, approvals=after.approvals, files={**before.files, **after.files})
    at = _instant((before, after), day)
    held, holds = _held(then, metrics, at), _held(now, metrics, at)
    return tuple(LostKey(metric, side, by) for (metric, side), by in sorted(held.items()) if (metric, side) not in holds)


def _held(catalog: Catalog, metrics: list[str], at: dt.datetime) -> dict[tuple[str, Side], str]:
    """Who turned each key that holds."""
    try:
        status = certified(catalog, at, metrics).metrics
    except GovernanceError:
        return {}
    return {
        (name, side): key.by
        for name, one in status.items()
        for side, key in one.keys.items()
        if key.state is KeyState.VALID and key.by is not None
    }


def _instant(catalogs: tuple[Catalog, ...], day: dt.date) -> dt.datetime:
    """An instant that follows from the files and the day alone, so that the same files give the same diff."""
    given = [approval.approved_at for catalog in catalogs for approvals in catalog.approvals.values() for approval in approvals]
    aware = [moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC) for moment in given]
    return max([dt.datetime.combine(day, dt.time.max, dt.UTC), *aware])
