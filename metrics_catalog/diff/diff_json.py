"""A diff as other programs read it (`ringi --format json diff`): one shape, `schema_version` 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog import comparable

if TYPE_CHECKING:
    import datetime as dt

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.diff.catalog_diff import CatalogDiff, FieldChange, MetricEffect
    from metrics_catalog.meaning import Meaning


def as_json(diff: CatalogDiff) -> dict[str, Any]:
    """The whole diff."""
    return {
        "schema_version": 1,
        "changes": [_change(change) for change in diff.changes],
        "metrics": list(diff.metrics),
        "views": list(diff.views),
        "countries": list(diff.countries),
        "effects": [_effect(effect, diff) for effect in diff.effects],
        "notes": list(diff.notes),
    }


def _change(change: FieldChange) -> dict[str, Any]:
    return {
        "file": change.file,
        "metric": change.metric,
        "field": change.field,
        "class": change.field_class.value,
        "voids": [side.value for side in change.voids],
        "voided": list(change.voided),
        "before": change.before,
        "after": change.after,
        "sentence": change.sentence,
    }


def _effect(effect: MetricEffect, diff: CatalogDiff) -> dict[str, Any]:
    return {
        "metric": effect.metric,
        "voids": [side.value for side in effect.voids],
        "fields": list(effect.fields),
        "countries": {"numbers": list(effect.numbers), "words": list(effect.words)},
        "views": list(effect.views),
        "fault": effect.fault or None,
        "comparable": {
            "before": _comparable(effect.before, diff.before, diff.today),
            "after": _comparable(effect.after, diff.after, diff.today),
        },
        "digest": {
            "before": None if effect.before is None else effect.before.digest,
            "after": None if effect.after is None else effect.after.digest,
        },
    }


def _comparable(meaning: Meaning | None, catalog: Catalog, today: dt.date) -> dict[str, Any] | None:
    """Which countries compute the same; the 204 that do are counted, not listed."""
    if meaning is None:
        return None
    found = comparable.comparability(meaning.logic, catalog.metrics, today)
    return comparable.as_json(found) | {"same": len(found.same)}
