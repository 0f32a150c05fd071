"""Which keys a changed metric still needs, and from whom.

Whether a key is there is asked of the gate, as of the newest approval of the metric, and whose time has ended as of the base's commit: so
the answer depends on the files alone.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.gate.key_holders import key_holders
from metrics_catalog.person import Side
from ringi.reporting.report import KeyNeeded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.diff.catalog_diff import CatalogDiff
    from metrics_catalog.metric import Metric

BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def keys_needed(catalog: Catalog, names: Sequence[str], day: dt.date) -> dict[str, tuple[KeyNeeded, ...]]:
    """For each metric of the catalog the keys that do not hold over its present meaning. `day` is that of the base's commit."""
    known = [name for name in names if name in catalog.metrics]
    held = _held(catalog, known)
    return {
        name: tuple(_needed(catalog, catalog.metrics[name], side, day) for side in Side if side not in held.get(name, ())) for name in known
    }


def _held(catalog: Catalog, names: Sequence[str]) -> Mapping[str, tuple[Side, ...]]:
    """The sides whose keys are valid; none where people cannot be read, since no key counts then."""
    if not any(catalog.approvals.get(name) for name in names):
        return {}
    from governance.errors import GovernanceError
    from governance.gate.gate import certified
    from metrics_catalog.lifecycle import KeyState

    try:
        statuses = certified(catalog, _newest(catalog, names), names).metrics
    except GovernanceError:
        return {}
    return {name: tuple(side for side, key in status.keys.items() if key.state is KeyState.VALID) for name, status in statuses.items()}


def _newest(catalog: Catalog, names: Sequence[str]) -> dt.datetime:
    given = (approval.approved_at for name in names for approval in catalog.approvals.get(name, ()))
    return max((at if at.tzinfo else at.replace(tzinfo=dt.UTC) for at in given), default=BEGINNING)


def lost_keys(diff: CatalogDiff, day: dt.date) -> dict[str, tuple[KeyNeeded, ...]]:
    """The same for metrics whose meaning stays and that lose a key all the same: with a person, or with an approval."""
    told = {effect.metric for effect in diff.effects}
    lost = {name: set[Side]() for change in diff.changes for name in change.voided if name not in told}
    for change in diff.changes:
        for name in change.voided:
            if name in lost:
                lost[name] |= set(change.voids)
    found = keys_needed(diff.after, sorted(lost), day)
    return {name: needed for name, keys in found.items() if (needed := tuple(key for key in keys if key.side in lost[name]))}


def _needed(catalog: Catalog, metric: Metric, side: Side, day: dt.date) -> KeyNeeded:
    """The owning team stands first."""
    team, others = key_holders(catalog, metric, side, lambda person: person.valid_until is None or person.valid_until.date() > day)
    return KeyNeeded(side, str(getattr(metric.owners, side.value)), (*team, *others))
