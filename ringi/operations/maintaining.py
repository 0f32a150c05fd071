"""Maintenance of an opened lake: reads the policy, holds the lake, and keeps what runs, landings and readers need.

Used by `ringi maintain` and `ringi keep`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import UsageError
from ringi.project import read_section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.maintain.policy import MaintenancePolicy
    from jobs.maintain.report import MaintenanceReport
    from ringi.lake import Lake
    from ringi.output import Output

NOT_AT_ALL = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class KeptNames:
    """The names under which publications are kept, each with its number of copies, and how many `changed` now."""

    names: dict[str, int]
    changed: int = 0


def maintain_lake(
    lake: Lake,
    out: Output,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    force: bool = False,
    changes: dict[str, Any] | None = None,
    engine: str | None = None,
    now: dt.datetime | None = None,
) -> MaintenanceReport:
    """Bring some tables, all by default, within the lake's policy; `changes` are fields of the policy for this call.

    Waits for another writer. A policy that readers or other engines could notice must be forced, and is refused while another
    process holds the lake. Raises UsageError where it is not forced.
    """
    from jobs.maintain.plan import MaintainLake
    from jobs.maintain.policy import read_policy
    from jobs.maintain.work import maintain
    from ringi.audit import recording

    policy = read_policy({**read_section(lake.root, "maintenance"), **(changes or {})})
    patience = _patience(policy, force=force, dry_run=dry_run)
    with lake.held("maintain", out.say, patience=patience), lake.engine(engine) as session:
        broken = bool(lake.catalog.broken.get("view"))
        views = None if broken else frozenset(lake.catalog.views)
        parts = MaintainLake(lake.tables, lake.upkeep, session, views, _unfinished(lake))
        moment = now or dt.datetime.now(dt.UTC)
        if not dry_run:
            recording.seal(lake, session, moment)
        days = 0 if names else recording.forget_queries(lake, session, policy, moment, dry_run=dry_run)
        return replace(maintain(parts, policy, moment, out.progress, names, dry_run=dry_run), query_days=days)


def keep_publications(lake: Lake, out: Output, name: str | None, *, let_go: bool = False) -> KeptNames:
    """Keep the present publications under a name, let a name go, or only say which names there are."""
    from jobs.maintain import as_published

    changed = 0
    if name is not None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
            raise UsageError(f"`{name}` cannot be a name.", hint="expected small letters, digits, `.`, `_` and `-`, such as `2026-q4`.")
        with lake.held("keep", out.say):
            if let_go:
                changed = as_published.let_go(lake.tables, lake.upkeep, name)
            else:
                changed = sum(one.is_new for one in as_published.keep(lake.tables, lake.upkeep, name))
    return KeptNames(as_published.names(lake.tables, lake.upkeep), changed)


def _patience(policy: MaintenancePolicy, *, force: bool, dry_run: bool) -> dt.timedelta | None:
    """How long to wait for the lake: as usual, or not at all where what is asked for is only safe when nobody else works."""
    if not policy.unsafe or dry_run:
        return None
    if not force:
        raise UsageError(f"{policy.unsafe[0]}.", hint="wait until nobody reads or writes the lake, then say `--force`.")
    return NOT_AT_ALL


def _unfinished(lake: Lake) -> dict[str, tuple[str, ...]]:
    """By source the batches that a killed landing left."""
    found = ((source, lake.objects.names(f"_unfinished/{source}")) for source in lake.objects.names("_unfinished"))
    return {source: batches for source, batches in found if batches}
