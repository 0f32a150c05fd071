"""The report as other programs read it: one shape, `schema_version` 1; nothing is left out for its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.preview.words import as_json as numbers_json
from metrics_catalog.diff.diff_json import as_json as diff_json
from metrics_catalog.materiality import THRESHOLDS
from ringi.reporting.tables import weight_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.preview.statement import Statements
    from metrics_catalog.duplicates.find import Duplicate
    from ringi.reporting.report import KeyNeeded, MetricReport, Numbers, Report


def as_object(report: Report) -> dict[str, Any]:
    """The whole report; `changes`, `metrics` by name, `views` and `countries` are those of `ringi diff`."""
    diff = diff_json(report.diff)
    return {
        "schema_version": 1,
        "base": report.base,
        "diff": {name: value for name, value in diff.items() if name != "schema_version"},
        "thresholds": {tier.value: share for tier, share in THRESHOLDS.items()},
        "without_numbers": report.without_numbers or None,
        "metrics": [_metric(metric) for metric in report.metrics],
        "more_metrics": list(report.more),
        "lost_keys": [{"metric": name, "keys_needed": _keys(keys)} for name, keys in report.lost_keys.items()],
        "faults": [{"metric": metric, "message": message} for metric, message in report.faults],
    }


def _metric(metric: MetricReport) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "file": metric.file,
        "tier": metric.metric.tier.value,
        "keys_needed": _keys(metric.keys),
        "duplicates": [_duplicate(each) for each in metric.duplicates.found],
        "more_with_another_filter": metric.duplicates.more,
        "same_values": list(metric.numbers.same_values) if metric.numbers else [],
        "numbers": _numbers(metric, metric.numbers),
        "sql": _sql(metric.statements),
        "price": metric.price.as_json() if metric.price else None,
    }


def _keys(keys: Sequence[KeyNeeded]) -> list[dict[str, Any]]:
    return [{"side": key.side.value, "owner": key.owner, "people": list(key.people)} for key in keys]


def _numbers(metric: MetricReport, numbers: Numbers | None) -> dict[str, Any] | None:
    if numbers is None:
        return None
    if numbers.comparison is None:
        return {"why_not": numbers.why_not}
    return {**numbers_json(numbers.comparison), "weight": weight_of(numbers.comparison, metric.metric.tier).value}


def _duplicate(each: Duplicate) -> dict[str, Any]:
    return {
        "metric": each.other,
        "likeness": each.likeness.value,
        "only_here": list(each.only_here),
        "only_there": list(each.only_there),
        "countries": list(each.countries),
    }


def _sql(held: Statements | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {"before": held.before, "after": held.after, "countries": list(held.countries), "day": held.day.isoformat()}
