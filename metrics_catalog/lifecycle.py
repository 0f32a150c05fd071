"""Where a metric stands between an idea and a number: it follows from the records, never from a field that one can just set.

draft -> heard -> proposed -> approved -> published -> deprecated -> retired. Hearings, keys, the certified meaning and the lake
decide; what a metric's file says of its end counts once Business has turned its key over it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from metrics_catalog.hearing import sides_at
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog


class KeyState(StrEnum):
    """How one key stands to a metric's present meaning: it covers it, it covered an earlier one, or it was never turned."""

    VALID = "valid"
    VOID = "void"
    MISSING = "missing"


class Lifecycle(StrEnum):
    """Stages of a metric."""

    DRAFT = "draft"
    """No hearing yet at which both sides spoke."""
    HEARD = "heard"
    """The business was heard; no key was turned."""
    PROPOSED = "proposed"
    """A key is missing, or a change voided one."""
    APPROVED = "approved"
    """Both keys cover the present meaning."""
    PUBLISHED = "published"
    """Approved, and the lake publishes it in this very meaning. Without a lake nobody can say, and it stays `approved`."""
    DEPRECATED = "deprecated"
    """Business has approved its end: still published, to be replaced."""
    RETIRED = "retired"
    """Business has approved its end and the day has come: no longer published."""
    WITHDRAWN = "withdrawn"
    """Its file is gone; the approvals remain as a record."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of a metric as it was certified: `ends_on` is the last day on which its column is there (None: not fixed)."""

    successor: str | None
    reason: str
    ends_on: dt.date | None

    def is_over(self, today: dt.date) -> bool:
        """Whether the last day has passed."""
        return self.ends_on is not None and today > self.ends_on


def certified_end(business: Mapping[str, Any]) -> End | None:
    """The end that a certified meaning's business facts declare; None for one that goes on."""
    if "deprecation.ends_on" in business:
        ends_on = dt.date.fromisoformat(str(business["deprecation.ends_on"]))
        return End(str(business["deprecation.successor"]), str(business["deprecation.reason"]), ends_on)
    return End(None, "", None) if business.get("lifecycle") == Lifecycle.DEPRECATED else None


def is_retired(business: Mapping[str, Any], today: dt.date) -> bool:
    """Whether a certified meaning is published no more: declared so, or past the last day of its deprecation."""
    end = certified_end(business)
    return business.get("lifecycle") == Lifecycle.RETIRED or (end is not None and end.is_over(today))


def lifecycle(
    catalog: Catalog, metric: str, tech: KeyState, business: KeyState, certified: Mapping[str, Any] | None, today: dt.date
) -> Lifecycle:
    """The stage of a metric, given its keys and the business facts of its certified meaning; the lake is asked elsewhere."""
    model = catalog.metrics.get(metric)
    if model is None and not catalog.is_broken("metric", metric):
        return Lifecycle.WITHDRAWN
    if model is None:  # its file cannot be read; one that nobody ever approved is being written
        return Lifecycle.DRAFT if {tech, business} == {KeyState.MISSING} else Lifecycle.PROPOSED
    if {tech, business} == {KeyState.VALID}:
        return _after_both_keys(certified or {}, today)
    if {tech, business} != {KeyState.MISSING}:
        return Lifecycle.PROPOSED
    return Lifecycle.HEARD if was_heard(catalog, metric, model.hearing) else Lifecycle.DRAFT


def _after_both_keys(certified: Mapping[str, Any], today: dt.date) -> Lifecycle:
    if is_retired(certified, today):
        return Lifecycle.RETIRED
    return Lifecycle.APPROVED if certified_end(certified) is None else Lifecycle.DEPRECATED


def was_heard(catalog: Catalog, metric: str, hearing: str | None) -> bool:
    """Whether the hearing is on record, was about this metric, and both sides spoke at it; a rejected metric was not accepted."""
    held = catalog.hearings.get(hearing) if hearing is not None else None
    return held is not None and metric in held.metrics and sides_at(held) == set(Side) and held.outcome != "rejected"
