"""The sections of the report's Markdown as blocks that can be left out one by one where a comment would grow too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.duplicates.find import Likeness
from ringi.reporting.escape import code, sentence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metrics_catalog.diff.catalog_diff import FieldChange
    from metrics_catalog.duplicates.find import Duplicate
    from ringi.reporting.report import KeyNeeded, MetricReport, Report

MOST_PEOPLE, MOST_OTHERS = 6, 6
"""Names in one line; of the others only the number is told."""

_SIDES = {"tech": "Tech", "business": "Business"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence or the head of a table that stays, and blocks; `what` says what the blocks are.

    Sections with the greatest `worth` keep their blocks longest.
    """

    heading: str
    opening: str
    blocks: tuple[str, ...]
    what: str
    worth: int
    close: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.blocks and not self.opening


def changes(report: Report) -> Section:
    """What changed, in words, with the class of each field and the keys that it voids."""
    blocks = [_change(report, change) for change in report.diff.changes]
    blocks += [f"- **{code(metric)} has no meaning now:** {sentence(fault)}" for metric, fault in report.faults]
    blocks += [f"- {sentence(note)}" for note in report.diff.notes]
    if report.more:
        names = ", ".join(code(name) for name in report.more[:20])
        rest = f" and {len(report.more) - 20:,} more" if len(report.more) > 20 else ""
        blocks.append(
            f"- The meaning of {len(report.more):,} further metrics changes with it; they are not told one by one: {names}{rest}."
        )
    return Section("What changes", "", tuple(blocks), "changes", 3)


def _change(report: Report, change: FieldChange) -> str:
    place = f"{file_link(report, change.file)}, {code(change.field)}"
    return f"- {sentence(change.sentence)} {place}: {change.field_class.value}, {_voided(change)}."


def _voided(change: FieldChange) -> str:
    """`voids the Tech and the Business key, also of `completion_rate``."""
    if not change.voids:
        return "voids no key"
    sides = " and the ".join(_SIDES[side.value] for side in change.voids)
    if change.field == "metric" and change.before is None:
        return f"needs the {sides} key"
    others = [name for name in change.voided if name != change.metric]
    if not others:
        return f"voids the {sides} key"
    also = "also of" if change.metric in change.voided else "of"
    more = f" and {len(others) - MOST_OTHERS:,} more" if len(others) > MOST_OTHERS else ""
    return f"voids the {sides} key, {also} {', '.join(code(name) for name in others[:MOST_OTHERS])}{more}"


def file_link(report: Report, file: str) -> str:
    """A file's path as a link where it is known to where."""
    if not report.links:
        return code(file)
    from urllib.parse import quote

    return f"[{code(file)}]({quote(report.links.rstrip('/'), safe=':/%~.-_')}/{quote(file)})"


def keys(report: Report) -> Section:
    """Which keys are needed from whom."""
    rows = [_key(metric.name, key) for metric in report.metrics for key in metric.keys]
    rows += [_key(name, key) for name, needed in report.lost_keys.items() for key in needed]
    opening = "| Metric | Key | Owner | Who can turn it |\n|---|---|---|---|" if rows else ""
    if not rows and report.metrics:
        opening = "Every key that the changes need is turned."
    return Section("Keys that are needed", opening, tuple(rows), "keys", 5)


def _key(metric: str, key: KeyNeeded) -> str:
    people = ", ".join(code(name, in_table=True) for name in key.people[:MOST_PEOPLE])
    more = f" and {len(key.people) - MOST_PEOPLE} more" if len(key.people) > MOST_PEOPLE else ""
    who = f"{people}{more}" if people else "nobody: people.yaml names no one on this side but the proposer"
    return f"| {code(metric)} | {_SIDES[key.side.value]} | {text(key.owner)} | {who} |"


def duplicates(report: Report) -> Section:
    """Metrics that say the same twice."""
    told: set[frozenset[str]] = set()
    blocks = [line for metric in report.metrics for line in _duplicates(metric, told)]
    return Section("Duplicates", "", tuple(blocks), "look-alikes", 4)


def _duplicates(metric: MetricReport, told: set[frozenset[str]]) -> Iterator[str]:
    """Each pair once."""
    for each in metric.duplicates.found:
        if frozenset((each.metric, each.other)) not in told:
            told.add(frozenset((each.metric, each.other)))
            yield _SENTENCES[each.likeness](each)
    for other in metric.numbers.same_values if metric.numbers else ():
        if frozenset((metric.name, other)) not in told:
            told.add(frozenset((metric.name, other)))
            yield (
                f"- **Duplicate by value?** {code(metric.name)} has the same value as {code(other)} on every country-day that was computed,"
                " though it is written otherwise. If they mean the same, keep one."
            )
    if metric.duplicates.more:
        alike = "metric computes" if metric.duplicates.more == 1 else "metrics compute"
        yield f"- Probably {metric.duplicates.more:,} more {alike} the same as {code(metric.name)} with another filter."


def _same(each: Duplicate) -> str:
    return f"- **Duplicate:** {code(each.metric)} computes exactly what {code(each.other)} computes. Use {code(each.other)}, or say in the hearing why there are two."


def _variants(each: Duplicate) -> str:
    return (
        f"- **Duplicate:** {code(each.metric)} computes what {code(each.other)} computes but for the variants of {', '.join(each.countries)}."
        f" Make them variants of {code(each.other)}?"
    )


def _filter(each: Duplicate) -> str:
    parts = [
        f"{who} also asks {_conditions(conditions)}"
        for who, conditions in (("it", each.only_here), (code(each.other), each.only_there))
        if conditions
    ]
    return f"- **Differs only by a filter:** {code(each.metric)} is {code(each.other)}, but {' and '.join(parts)}. Make it a variant of {code(each.other)}?"


def _conditions(conditions: tuple[str, ...]) -> str:
    return " and ".join(code(condition) for condition in conditions)


_SENTENCES: dict[Likeness, Callable[[Duplicate], str]] = {Likeness.SAME: _same, Likeness.VARIANTS: _variants, Likeness.FILTER: _filter}


def prices(report: Report) -> Section:
    """What each metric costs by itself."""
    from jobs.backfill.prices import prices as known

    blocks = [f"- {code(metric.name)}: {metric.price.sentence()}." for metric in report.metrics if metric.price is not None]
    opening = ""
    if blocks:
        opening = (
            f"Estimates from metadata and list prices of {known().dated} in {known().region}; at most, since a run computes all metrics of"
            " a view in one scan."
        )
    return Section("Price", opening, tuple(blocks), "prices", 2)
