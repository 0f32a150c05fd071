"""How small a lake's tables are kept, as data: the section `[maintenance]` of ringi.toml, with a default for each field.

Read by `ringi/operations/maintaining.py`, used by `plan.py`. Sizes are in MiB, times in days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields

from metrics_catalog.errors import UsageError

MIB = 2**20
SAFE_KEEP_DAYS = 1.0
"""Readers may work with a snapshot for so long after it was superseded; less must be forced."""

SAFE_STRAY_DAYS = 3.0
"""A file younger than this may belong to a commit that is still being prepared by another engine; less must be forced."""


@dataclass(frozen=True, slots=True)
class MaintenancePolicy:
    """What maintenance aims at."""

    target_mb: float = 128.0
    """Files are merged up to this size."""
    smallest_mb: float = 32.0
    """A file below this size is small."""
    most_small_files: int = 4
    """How many small files a partition may hold before they are merged."""
    most_manifests: int = 50
    """How many manifests a table may have before they are merged."""
    commit_mb: float = 1024.0
    """About as much is rewritten in one commit."""
    keep_days: float = 7.0
    """A snapshot is kept for so long after it was superseded."""
    keep_published_days: float = 92.0
    """What was published stays readable as published for so long."""
    stray_days: float = 3.0
    """A file that nothing refers to is removed when it is older."""
    keep_queries_days: float = 400.0
    """Days of the ledger of queries are kept for so long."""

    @property
    def keep(self) -> dt.timedelta:
        return dt.timedelta(days=self.keep_days)

    @property
    def keep_published(self) -> dt.timedelta:
        return dt.timedelta(days=self.keep_published_days)

    @property
    def stray_age(self) -> dt.timedelta:
        return dt.timedelta(days=self.stray_days)

    @property
    def unsafe(self) -> tuple[str, ...]:
        """What of it a reader or another writer could notice, as sentences; empty for a policy that is safe."""
        found = []
        if self.keep_days < SAFE_KEEP_DAYS:
            found.append(f"`keep_days` is {self.keep_days:g}: a query that has run for longer would lose its files")
        if self.stray_days < SAFE_STRAY_DAYS:
            found.append(f"`stray_days` is {self.stray_days:g}: files that another engine is about to commit could be removed")
        return tuple(found)


def read_policy(section: Mapping[str, object]) -> MaintenancePolicy:
    """The policy of a section; a UsageError names the field, its value and what was expected."""
    known = {field.name: field for field in fields(MaintenancePolicy)}
    values: dict[str, float] = {}
    for name, value in section.items():
        if name not in known:
            raise UsageError(f"ringi.toml: [maintenance] has an unknown field `{name}`.", hint=f"it knows {', '.join(known)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise UsageError(f"ringi.toml: `{name}` of [maintenance] is {value!r}.", hint="expected a number from 0.")
        values[name] = int(value) if known[name].type == "int" else float(value)
    policy = MaintenancePolicy(**values)  # type: ignore[arg-type]  # each value has its field's type, see above
    if policy.smallest_mb > policy.target_mb:
        raise UsageError(
            f"ringi.toml: `smallest_mb` of [maintenance] is {policy.smallest_mb:g}, more than `target_mb` ({policy.target_mb:g}).",
            hint="a merged file would be small again; give a `target_mb` that is at least as large.",
        )
    return policy
