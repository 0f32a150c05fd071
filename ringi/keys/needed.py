"""Which keys the change at hand still needs, and from whom: the gate as a forge asks it before a merge.

Used by `ringi approvals missing`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.gate.gate import certified
from governance.gate.key_holders import key_holders
from governance.keys.refusal import within
from metrics_catalog.lifecycle import KeyState
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from pathlib import Path

    from governance.gate.gate import KeyStatus
    from metrics_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class NeededKey:
    """One key that does not cover the present meaning of a metric."""

    metric: str
    side: Side
    state: KeyState
    voided_by: tuple[str, ...]
    """Fields that changed since it was turned."""
    people: tuple[str, ...]
    """Who may turn it now."""


def needed(root: Path, base: str, now: dt.datetime) -> tuple[tuple[str, ...], tuple[NeededKey, ...]]:
    """Metrics whose meaning differs from the commit `base`, and the keys that they lack. Raises as `diff_against`."""
    from ringi.proposal.diffing import diff_against

    found = diff_against(root, base, today=now.date())
    catalog = found.after
    changed = tuple(name for name in found.metrics if name in catalog.metrics or catalog.is_broken("metric", name))
    statuses = certified(catalog, now, changed).metrics if changed else {}
    lacking = (
        _needed(catalog, name, side, status.keys[side], now)
        for name, status in statuses.items()
        for side in Side
        if status.keys[side].state is not KeyState.VALID
    )
    return changed, tuple(lacking)


def _needed(catalog: Catalog, name: str, side: Side, key: KeyStatus, now: dt.datetime) -> NeededKey:
    """All who hold the side are named only where the owning team has nobody."""
    team, others = key_holders(catalog, catalog.metrics.get(name), side, lambda person: within(now, person.valid_from, person.valid_until))
    return NeededKey(name, side, key.state, key.voided_by, team or others)
