"""The matrix of one metric: what each country will see of it, and what of that is new against the base.

Made from a diff for `ringi diff --matrix`; one line a country, sorted by code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.comparable import Deviation, comparability
from metrics_catalog.country_logic import holds
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean
from metrics_catalog.meaning import resolve

if TYPE_CHECKING:
    import datetime as dt

    from metrics_catalog.diff.catalog_diff import CatalogDiff
    from metrics_catalog.logic import Logic


class Line(NamedTuple):
    """One country. `sees` is `base` or `own`; `replaces` says what its own variants replace, in which metric."""

    country: str
    time_zone: str
    sees: str
    replaces: tuple[str, ...]
    until: dt.date | None
    """First local day on which the base holds again; of a variant that ended, the day it did."""
    reason: str
    changes: tuple[str, ...]
    """`numbers`, `words`, `time zone`: what differs from the base commit."""


COLUMNS = ("country", "time_zone", "sees", "replaces", "until", "reason", "changes")


def matrix(diff: CatalogDiff, metric: str) -> tuple[Line, ...]:
    """One line for each country of countries.yaml. Raises UsageError for an unknown metric, CatalogError for one without a meaning."""
    if metric not in diff.after.metrics and not diff.after.is_broken("metric", metric):
        hint = did_you_mean(metric, diff.after.metrics) or "list them with `ringi status`."
        raise UsageError(f"There is no metric `{metric}`.", hint=hint)
    logic = resolve(diff.after, metric).logic
    found = comparability(logic, diff.after.metrics, diff.today)
    own: dict[str, list[Deviation]] = {}
    for one in found.deviations:
        own.setdefault(one.country, []).append(one)
    return tuple(_line(diff, metric, logic, code, own.get(code, [])) for code in sorted(diff.after.countries))


def as_rows(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    """Lines as plain values; lists as words."""
    return [line._asdict() | {"replaces": ", ".join(line.replaces), "changes": ", ".join(line.changes)} for line in lines]


def as_json(metric: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    """For programs: `schema_version` 1."""
    rows = [line._asdict() | {"until": line.until and line.until.isoformat()} for line in lines]
    return {"schema_version": 1, "metric": metric, "countries": rows}


def _line(diff: CatalogDiff, metric: str, logic: Logic, code: str, own: list[Deviation]) -> Line:
    zone = logic.time_zones[code]
    changes = tuple(_changes(diff, metric, code))
    if own:
        replaces = tuple(f"{field} of {one.metric}" for one in own for field in one.fields)
        ends = [one.until for one in own if one.until is not None]
        return Line(code, zone, "own", replaces, min(ends, default=None), " ".join(one.reason for one in own), changes)
    variant = logic.variants.get(code)
    ended = variant.until if variant is not None and not holds(variant, diff.today) else None
    return Line(code, zone, "base", (), ended, "Its own variant has ended." if ended else "", changes)


def _changes(diff: CatalogDiff, metric: str, code: str) -> list[str]:
    effect = diff.effect(metric)
    found = [] if effect is None else [kind for kind in ("numbers", "words") if code in getattr(effect, kind)]
    old, new = diff.before.countries.get(code), diff.after.countries[code]
    return found + (["time zone"] if old is not None and old.reporting_time_zone != new.reporting_time_zone else [])
