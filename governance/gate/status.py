"""The status of metrics as other programs read it (`ringi status`, portal, API): one shape, `schema_version` 1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics_catalog.lifecycle import KeyState, Lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.gate.gate import Certification, KeyStatus, MetricStatus
    from governance.ledgers.query_ledger import Reader
    from metrics_catalog.lifecycle import End


@dataclass(frozen=True, slots=True)
class Around:
    """What the records beside the keys say of one metric.

    Whether the lake publishes its certified meaning, when it is to be talked about again, its certified end, and who read it
    lately (asked only of a metric that ends).
    """

    today: dt.date
    is_published: bool = False
    hearing: str | None = None
    review_on: dt.date | None = None
    end: End | None = None
    readers: tuple[Reader, ...] = ()

    @property
    def is_due(self) -> bool:
        """Whether the day of the review has come."""
        return self.review_on is not None and self.review_on <= self.today

    def stage(self, status: MetricStatus) -> Lifecycle:
        """The stage of the metric, the lake considered."""
        return Lifecycle.PUBLISHED if self.is_published and status.lifecycle is Lifecycle.APPROVED else status.lifecycle


def as_json(certification: Certification, around: Mapping[str, Around] | None = None) -> dict[str, Any]:
    """The whole status. `published_digest` is that of the latest certified meaning; None where nothing is published.

    With `around` each metric also has `hearing`, `ending` and `readers`.
    """
    metrics = [_metric(status, (around or {}).get(name)) for name, status in certification.metrics.items()]
    return {"schema_version": 1, "metrics": metrics}


def as_rows(certification: Certification, around: Mapping[str, Around] | None = None) -> list[dict[str, str]]:
    """One row a metric, in words."""
    return [
        {
            "metric": status.metric,
            "lifecycle": _stage(status, (around or {}).get(name)),
            **{f"{side.value} key": _in_words(key) for side, key in status.keys.items()},
            "published": _published(status),
        }
        for name, status in certification.metrics.items()
    ]


def reader_rows(around: Mapping[str, Around]) -> list[dict[str, Any]]:
    """One row for each reader of each metric that ends; one with nobody where it has none."""
    rows = []
    for name, beside in around.items():
        if beside.end is not None:
            fixed = {"deprecated": name, "read instead": beside.end.successor or "-", "last day": beside.end.ends_on or "-"}
            rows += [{**fixed, "still read by": one.principal, "queries": one.queries, "last": one.last.date()} for one in beside.readers]
            rows += [] if beside.readers else [{**fixed, "still read by": "nobody", "queries": 0, "last": "-"}]
    return rows


def _metric(status: MetricStatus, around: Around | None) -> dict[str, Any]:
    return {
        "metric": status.metric,
        "lifecycle": (around.stage(status) if around else status.lifecycle).value,
        "current_digest": status.current_digest,
        "published_digest": status.published_digest,
        "keys": {
            side.value: {"state": key.state.value, "by": key.by, "voided_by": list(key.voided_by)} for side, key in status.keys.items()
        },
        **(_beside(around) if around else {}),
    }


def _beside(around: Around) -> dict[str, Any]:
    end = around.end
    return {
        "hearing": {"id": around.hearing, "review_on": around.review_on, "due": around.is_due},
        "ending": None if end is None else {"successor": end.successor, "reason": end.reason, "ends_on": end.ends_on},
        "readers": [
            {"principal": one.principal, "queries": one.queries, "last": one.last, "relations": list(one.relations)}
            for one in around.readers
        ],
    }


def _stage(status: MetricStatus, around: Around | None) -> str:
    if around is None:
        return status.lifecycle.value
    stage, end = around.stage(status), around.end
    ends = f" until {end.ends_on}" if stage is Lifecycle.DEPRECATED and end is not None and end.ends_on is not None else ""
    return f"{stage.value}{ends}{f', review due since {around.review_on}' if around.is_due else ''}"


def _in_words(key: KeyStatus) -> str:
    if key.state is KeyState.MISSING or key.at is None:
        return "missing"
    by = f"{key.by} {key.at.date().isoformat()}"
    if key.state is KeyState.VALID:
        return by
    fields, more = ", ".join(key.voided_by[:2]), len(key.voided_by) - 2
    told = f"void ({by}): {fields or 'the file cannot be read'}{f' and {more} more' if more > 0 else ''}"
    if key.replaced_at is None:
        return told
    return f"{told}; back to a meaning that was replaced on {key.replaced_at.date().isoformat()}: turn the key again"


def _published(status: MetricStatus) -> str:
    digest = status.published_digest
    if digest is None:
        return "-"
    return digest[:12] if digest == status.current_digest else f"{digest[:12]} (an earlier meaning)"
