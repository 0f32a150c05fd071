"""The status of metrics as other programs read it (`ringi status`, portal, API): one shape, `schema_version` 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog.lifecycle import KeyState

if TYPE_CHECKING:
    from governance.gate import Certification, KeyStatus, MetricStatus


def as_json(certification: Certification) -> dict[str, Any]:
    """The whole status. `published_digest` is that of the latest certified meaning; None where nothing is published."""
    return {"schema_version": 1, "metrics": [_metric(status) for status in certification.metrics.values()]}


def as_rows(certification: Certification) -> list[dict[str, str]]:
    """One row a metric, in words."""
    return [
        {
            "metric": status.metric,
            "lifecycle": status.lifecycle.value,
            **{f"{side.value} key": _in_words(key) for side, key in status.keys.items()},
            "published": _published(status),
        }
        for status in certification.metrics.values()
    ]


def _metric(status: MetricStatus) -> dict[str, Any]:
    return {
        "metric": status.metric,
        "lifecycle": status.lifecycle.value,
        "current_digest": status.current_digest,
        "published_digest": status.published_digest,
        "keys": {
            side.value: {"state": key.state.value, "by": key.by, "voided_by": list(key.voided_by)} for side, key in status.keys.items()
        },
    }


def _in_words(key: KeyStatus) -> str:
    if key.state is KeyState.MISSING or key.at is None:
        return "missing"
    by = f"{key.by} {key.at.date().isoformat()}"
    if key.state is KeyState.VALID:
        return by
    fields, more = ", ".join(key.voided_by[:2]), len(key.voided_by) - 2
    return f"void ({by}): {fields or 'the file cannot be read'}{f' and {more} more' if more > 0 else ''}"


def _published(status: MetricStatus) -> str:
    digest = status.published_digest
    if digest is None:
        return "-"
    return digest[:12] if digest == status.current_digest else f"{digest[:12]} (an earlier meaning)"
