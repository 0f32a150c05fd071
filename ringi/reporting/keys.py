"""Which keys a changed metric still needs, and from whom.

Whether a key is there is asked of the gate, as of the newest approval of the metric: so the answer depends on the files alone.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.person import Side
from ringi.reporting.report import KeyNeeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Metric

BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def keys_needed(catalog: Catalog, names: Sequence[str]) -> dict[str, tuple[KeyNeeded, ...]]:
    """For each metric of the catalog the keys that do not hold over its present meaning."""
    known = [name for name in names if name in catalog.metrics]
    held = _held(catalog, known)
    return {name: tuple(_needed(catalog, catalog.metrics[name], side) for side in Side if side not in held.get(name, ())) for name in known}


def _held(catalog: Catalog, names: Sequence[str]) -> Mapping[str, tuple[Side, ...]]:
    """The sides whose keys are valid; none where people cannot be read, since no key counts then."""
    if not any(catalog.approvals.get(name) for name in names):
        return {}
    from governance.errors import GovernanceError
    from governance.gate import certified
    from metrics_catalog.lifecycle import KeyState

    try:
        statuses = certified(catalog, _newest(catalog, names), names).metrics
    except GovernanceError:
        return {}
    return {name: tuple(side for side, key in status.keys.items() if key.state is KeyState.VALID) for name, status in statuses.items()}


def _newest(catalog: Catalog, names: Sequence[str]) -> dt.datetime:
    given = (approval.approved_at for name in names for approval in catalog.approvals.get(name, ()))
    return max((at if at.tzinfo else at.replace(tzinfo=dt.UTC) for at in given), default=BEGINNING)


def _needed(catalog: Catalog, metric: Metric, side: Side) -> KeyNeeded:
    owner = str(getattr(metric.owners, side.value))
    return KeyNeeded(side, owner, tuple(_holders(catalog, metric, side, owner)))


def _holders(catalog: Catalog, metric: Metric, side: Side, owner: str) -> Iterator[str]:
    team = owner.replace("-", "_")
    able = [(person.team != team, name) for name, person in catalog.people.items() if side in person.sides and name != metric.proposer]
    yield from (name for _, name in sorted(able))
