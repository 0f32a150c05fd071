"""Queries of an opened lake: gathers what the query door answers from. Used by `ringi query`; later by the notebook and the API."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.additivity import Shape
    from infra.local.query import Answer, Desk
    from infra.local.query_process import Limits
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from ringi.lake import Lake


def run_query(lake: Lake, sql: str, principal: str, limits: Limits) -> tuple[Answer, tuple[Finding, ...]]:
    """What a SELECT answers a principal now, and the findings of the policy, whose faulty grants give nothing."""
    from infra.local.query_process import QueryProcess

    with QueryProcess(limits) as process:  # it starts while the project is read
        from infra.local.query import ask

        desk, findings = _desk(lake)
        return ask(desk, sql, principal, process), findings


def list_readable(lake: Lake, principal: str) -> tuple[list[dict[str, str]], tuple[Finding, ...]]:
    """One row for each column that a principal may read now, and the findings of the policy."""
    from infra.local.query import listed

    desk, findings = _desk(lake)
    return listed(desk, principal), findings


def _desk(lake: Lake) -> tuple[Desk, tuple[Finding, ...]]:
    from governance.policy import load_quickly
    from governance.relation import Relations
    from infra.local.published import LocalPublished
    from infra.local.query import Desk

    policy, findings = load_quickly(lake.root, lake.catalog)
    now = dt.datetime.now(dt.UTC)
    return Desk(policy, Relations(lake.catalog), LocalPublished(lake.config.warehouse), _shapes(lake.catalog), now), findings


def _shapes(catalog: Catalog) -> dict[str, Shape]:
    from governance.additivity import Shape
    from metrics_catalog.metric import Ratio

    hows = {name: metric.how for name, metric in catalog.metrics.items()}
    return {
        name: Shape(how.kind, how.numerator, how.denominator) if isinstance(how, Ratio) else Shape(how.kind) for name, how in hows.items()
    }
