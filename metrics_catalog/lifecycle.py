"""Where a metric stands between an idea and a number: it follows from the records, except for its declared end.

draft -> heard -> proposed -> approved; `deprecated` and `retired` are declared in the metric's file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics_catalog.catalog import Catalog


class KeyState(StrEnum):
    """How one key stands to a metric's present meaning: it covers it, it covered an earlier one, or it was never turned."""

    VALID = "valid"
    VOID = "void"
    MISSING = "missing"


class Lifecycle(StrEnum):
    """Stages of a metric."""

    DRAFT = "draft"
    """No hearing yet."""
    HEARD = "heard"
    """The business was heard; no key was turned."""
    PROPOSED = "proposed"
    """A key is missing, or a change voided one."""
    APPROVED = "approved"
    """Both keys cover the present meaning."""
    DEPRECATED = "deprecated"
    """Declared: still published, to be replaced."""
    RETIRED = "retired"
    """Declared: no longer published once Business has approved that."""
    WITHDRAWN = "withdrawn"
    """Its file is gone; the approvals remain as a record."""


def lifecycle(catalog: Catalog, metric: str, tech: KeyState, business: KeyState) -> Lifecycle:
    """The stage of a metric, given the state of its keys."""
    model = catalog.metrics.get(metric)
    if model is None:
        return Lifecycle.PROPOSED if catalog.is_broken("metric", metric) else Lifecycle.WITHDRAWN
    if model.lifecycle != "active":
        return Lifecycle(model.lifecycle)
    if {tech, business} == {KeyState.VALID}:
        return Lifecycle.APPROVED
    if {tech, business} != {KeyState.MISSING}:
        return Lifecycle.PROPOSED
    return Lifecycle.HEARD if was_heard(catalog, metric, model.hearing) else Lifecycle.DRAFT


def was_heard(catalog: Catalog, metric: str, hearing: str | None) -> bool:
    """Whether the hearing is on record and was about this metric."""
    return hearing is not None and hearing in catalog.hearings and metric in catalog.hearings[hearing].metrics
