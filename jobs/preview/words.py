"""A comparison in words and as JSON: the same figures for the terminal, the report and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.preview.world import Change

if TYPE_CHECKING:
    from jobs.preview.comparison import Comparison
    from jobs.preview.sample import Sample

TINY = 0.0005
"""Relative changes below this would read as zero with one digit of per cent."""


def percent(relative: float | None) -> str:
    """`+2.3%`, `-100%`, `+0.01%`, `0%`; `-` where nothing can be said. Small changes are no zero."""
    if relative is None:
        return "-"
    if not relative:
        return "0%"
    if abs(relative) < TINY:
        return f"{relative * 100:+.2g}%"
    text = f"{relative * 100:+,.1f}"
    return f"{text.removesuffix('.0')}%"


def number_text(value: float | None) -> str:
    """`1,234.5`, with five digits that count at least; `NULL` where there is none."""
    if value is None:
        return "NULL"
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.5g}"


def known_to(change: Change) -> str:
    """How well a change is known: empty where it is exact, or where there are too few days to say."""
    if change.relative is None or change.low is None or change.high is None or change.low == change.high:
        return ""
    return f"95% between {percent(change.low)} and {percent(change.high)}"


def world_sentence(found: Comparison) -> str:
    """`31 of 204 countries change, most +2.3% in DE; world +0.4% (95% between +0.3% and +0.5%).`"""
    if found.is_new:
        return f"New: {number_text(found.world.after)} over {len(found.countries)} countries ({found.method.words})."
    if found.is_gone:
        return f"It goes: {number_text(found.world.before)} over {len(found.countries)} countries ({found.method.words})."
    if not found.countries:
        return "There is no event on the computed days."
    if not found.changed:
        return f"No number changes in any of {_many(len(found.countries), 'country', 'countries')}."
    largest = found.largest
    most = f", most {percent(largest.change.relative)} in {largest.viewing_country}" if largest is not None else ""
    error = known_to(found.world)
    return (
        f"{len(found.changed)} of {_many(len(found.countries), 'country', 'countries')} change{most};"
        f" world {percent(found.world.relative)}{f' ({error})' if error else ''}.{_nulls(found)}"
    )


def _nulls(found: Comparison) -> str:
    parts = []
    if found.newly_null:
        parts.append(f" {_many(found.newly_null, 'country-day loses its number', 'country-days lose their number')} (newly NULL).")
    if found.newly_present:
        parts.append(f" {_many(found.newly_present, 'country-day has', 'country-days have')} a number for the first time.")
    return "".join(parts)


def as_json(found: Comparison) -> dict[str, Any]:
    """For other programs; relative changes are fractions, 1.0 is twice as much."""
    largest = found.largest
    return {
        "metric": found.metric,
        "method": found.method.value,
        "sample": sample_json(found.sample),
        "world": _change(found.world),
        "changed_countries": len(found.changed),
        "largest": None if largest is None else {"viewing_country": largest.viewing_country, "change": largest.change.relative},
        "newly_null": found.newly_null,
        "newly_present": found.newly_present,
        "countries": [
            {
                "viewing_country": each.viewing_country,
                **_change(each.change),
                "days": each.days,
                "changed_days": each.changed_days,
                "newly_null": each.newly_null,
                "newly_present": each.newly_present,
            }
            for each in found.countries
        ],
    }


def sample_json(sample: Sample) -> dict[str, Any]:
    """What was computed of how much."""
    return {
        "whole": sample.is_whole,
        "country_days": sample.of,
        "computed_country_days": sample.drawn,
        "drawn_days": sample.drawn_days,
        "share": sample.share,
        "events": sample.events,
        "drawn_by": None if sample.is_whole else "lowest SHA-256 of country and day",
    }


def _change(change: Change) -> dict[str, Any]:
    return {"before": change.before, "after": change.after, "change": change.relative, "low": change.low, "high": change.high}


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
