"""What a lake's search index is made of: its catalog and what the gate says of the keys; made only when files changed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.search.entry import Content, Keys

if TYPE_CHECKING:
    from governance.gate.gate import Certification
    from ringi.lake import Lake


def content(lake: Lake) -> Content:
    """The catalog, its keys at this moment, and how many files could not be read."""
    from governance.errors import GovernanceError
    from governance.gate.gate import certified

    try:
        keyed = [name for name in lake.catalog.metrics if name in lake.catalog.approvals]  # the others have no key to look at
        keys = keys_of(certified(lake.catalog, dt.datetime.now(dt.UTC), keyed))
    except GovernanceError:
        keys = {}  # nothing counts as certified while people cannot be read; `ringi status` says why
    unread = {finding.place.file for finding in lake.reading_findings if finding.blocks}
    return Content(lake.catalog, keys, len(unread))


def keys_of(certification: Certification) -> dict[str, Keys]:
    """The state of both keys of each metric, and whether a meaning of it is published."""
    from metrics_catalog.person import Side

    return {
        name: Keys(status.keys[Side.TECH].state.value, status.keys[Side.BUSINESS].state.value, status.published is not None)
        for name, status in certification.metrics.items()
    }
