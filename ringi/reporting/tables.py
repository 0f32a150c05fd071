"""The sections of the report that hold figures and SQL: the table of numbers, the countries of each metric, the statements."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from jobs.preview.words import known_to, number_text, percent, world_sentence
from metrics_catalog.materiality import THRESHOLDS, Weight, weigh
from ringi.reporting.escape import block, code, sentence
from ringi.reporting.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.preview.comparison import Comparison, CountryChange
    from metrics_catalog.metric import Tier
    from ringi.reporting.report import MetricReport, Report

MOST_COUNTRIES = 40
"""Rows of a metric's table of countries; the others are named below it."""

CONTEXT = 3
"""Unchanged lines of SQL round a changed one."""

_WORDS = {Weight.MATERIAL: "**yes**", Weight.POSSIBLE: "perhaps", Weight.SMALL: "no", Weight.NONE: "no change"}


def numbers(report: Report) -> Section:
    """The table of numbers; or the sentence why there is none."""
    if not any(metric.is_recomputed for metric in report.metrics):
        return Section("Numbers", "No number changes: what is computed stays as it was." if report.metrics else "", (), "numbers", 6)
    if report.without_numbers:
        return Section("Numbers", f"There are no numbers. {sentence(report.without_numbers)}", (), "numbers", 6)
    told = [metric for metric in report.metrics if metric.numbers is not None]
    limits = ", ".join(f"{share * 100:g}% for {tier.value}" for tier, share in THRESHOLDS.items())
    samples = dict.fromkeys(found.comparison.sample.sentence() for metric in told if (found := metric.numbers) and found.comparison)
    opening = "\n".join(
        [
            f"Computed by the code of a run, nothing published. {' '.join(samples)} A change matters from {limits} on, in the world or in one country.",
            "",
            "| Metric | Tier | Matters | World | Countries that change | Most | New NULL | New numbers |",
            "|---|---|---|---|---|---|---|---|",
        ]
    )
    return Section("Numbers", opening, tuple(_row(metric) for metric in told), "numbers", 6)


def _row(metric: MetricReport) -> str:
    name, tier = code(metric.name), metric.metric.tier
    found = metric.numbers.comparison if metric.numbers else None
    if found is None:
        why = metric.numbers.why_not if metric.numbers else ""
        return f"| {name} | {tier.value} | unknown | {sentence(why).replace('|', '&#124;')} | | | | |"
    if found.is_new or found.is_gone:
        word = "new" if found.is_new else "goes"
        value = found.world.after if found.is_new else found.world.before
        return f"| {name} | {tier.value} | {word} | {number_text(value)} ({found.method.words}) | {len(found.countries)} | | | |"
    largest, error = found.largest, known_to(found.world)
    most = f"{percent(largest.change.relative)} in {largest.viewing_country}" if largest else "-"
    world = f"{percent(found.world.relative)}{f' ({error})' if error else ''}"
    share = f"{len(found.changed)} of {len(found.countries)}"
    return f"| {name} | {tier.value} | {_WORDS[weight_of(found, tier)]} | {world} | {share} | {most} | {found.newly_null} | {found.newly_present} |"


def weight_of(found: Comparison, tier: Tier) -> Weight:
    """The weight of a metric's change: the greatest of the world's and of any country's; NULLs that come or go matter."""
    if found.is_new or found.is_gone or found.newly_null or found.newly_present:
        return Weight.MATERIAL
    world = weigh(tier, found.world.relative, low=found.world.low, high=found.world.high, differs=bool(found.changed))
    weights = [world, *(_weight(country, tier) for country in found.changed)]
    return next(weight for weight in Weight if weight in weights)


def _weight(country: CountryChange, tier: Tier) -> Weight:
    change = country.change
    return weigh(tier, change.relative, low=change.low, high=change.high, differs=country.differs)


def countries(report: Report) -> Section:
    """For each metric a fold with its countries, those that change most first."""
    blocks = [
        _fold(metric, found)
        for metric in report.metrics
        if metric.numbers and (found := metric.numbers.comparison) and (found.changed or found.is_new or found.is_gone) and found.countries
    ]
    return Section("", "", tuple(blocks), "tables of countries", 1)


def _fold(metric: MetricReport, found: Comparison) -> str:
    ordered = sorted(found.countries if found.is_new or found.is_gone else found.changed, key=_order)
    rows = [_country(country, metric.metric.tier) for country in ordered[:MOST_COUNTRIES]]
    head = ["| Country | Before | After | Change | Days that change | Matters |", "|---|---|---|---|---|---|"]
    rest = ordered[MOST_COUNTRIES:]
    also = ["", f"And {len(rest)} more: {', '.join(country.viewing_country for country in rest)}."] if rest else []
    summary = f"<summary><b>{metric.name}</b>: {world_sentence(found)}</summary>"
    return "\n".join(["<details>", summary, "", *head, *rows, *also, "", "</details>"])


def _order(country: CountryChange) -> tuple[float, float, str]:
    change = country.change
    size = max(abs(change.before or 0), abs(change.after or 0))
    return (-round(abs(change.relative), 6) if change.relative is not None else float("-inf"), -size, country.viewing_country)


def _country(country: CountryChange, tier: Tier) -> str:
    change, error = country.change, known_to(country.change)
    shown = f"{percent(change.relative)}{f' ({error})' if error else ''}"
    return (
        f"| {country.viewing_country} | {number_text(change.before)} | {number_text(change.after)} | {shown}"
        f" | {country.changed_days} of {country.days} | {_WORDS[_weight(country, tier)]} |"
    )


def sql(report: Report) -> Section:
    """For each metric that is computed otherwise a fold with its SQL before and after, as a diff."""
    blocks = [_sql(metric) for metric in report.metrics if metric.statements is not None]
    return Section("SQL", "", tuple(each for each in blocks if each), "statements", 0)


def _sql(metric: MetricReport) -> str:
    held = metric.statements
    if held is None or (held.before is None and held.after is None):
        return ""
    for_whom = f"for {', '.join(held.countries)} on {held.day.isoformat()}"
    if held.before is None or held.after is None:
        whole = held.after or held.before or ""
        return _details(f"{metric.name}: the statement {'as it was' if held.after is None else ''} {for_whom}", block(whole, "sql"))
    lines = list(sql_diff(held.before.split("\n"), held.after.split("\n")))
    if not lines:
        return _details(f"{metric.name}: the statement {for_whom} stays as it was; other countries or days differ", "")
    return _details(f"{metric.name}: the statement {for_whom}", block("\n".join(lines), "diff"))


def sql_diff(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines that differ, with some round them; no line where they are the same."""
    yield from difflib.unified_diff(before, after, "before", "after", lineterm="", n=CONTEXT)


def _details(summary: str, inner: str) -> str:
    return "\n".join(["<details>", f"<summary>{' '.join(summary.split())}</summary>", "", inner, "", "</details>"])
