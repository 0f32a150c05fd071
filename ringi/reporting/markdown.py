"""The report as one Markdown comment, never longer than a forge takes: what is left out is said, in words and with its number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringi.reporting import sections, tables
from ringi.reporting.escape import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringi.reporting.report import Report
    from ringi.reporting.sections import Section

LONGEST = 65_536
"""Characters that GitHub takes in one comment."""

ROOM = 2_000
"""Left for the sentences about what was left out, and for the mark by which the comment is found again."""


def text(report: Report, longest: int = LONGEST) -> str:
    """The whole comment, at most `longest` characters."""
    found = [
        sections.changes(report),
        tables.numbers(report),
        tables.countries(report),
        sections.duplicates(report),
        sections.keys(report),
        sections.prices(report),
        tables.sql(report),
    ]
    opening = _opening(report)
    fitting = _fitted(found, longest - ROOM - _size(opening))
    return "\n\n".join([opening, *(_printed(section, cut) for section, cut in fitting if not section.is_empty or cut)]) + "\n"


def _opening(report: Report) -> str:
    diff, base = report.diff, code(report.base)
    if not diff.changes and not diff.metrics:
        return "\n\n".join(["## Ringi: nothing changes", f"Against {base} no definition differs.", *diff.notes])
    count = len(report.metrics) + len(report.more)
    heading = f"## Ringi: {_many(count, 'metric changes', 'metrics change')}" if count else "## Ringi: no metric changes its meaning"
    names = ", ".join(code(metric.name) for metric in report.metrics[:8]) + (f" and {count - 8:,} more" if count > 8 else "")
    reach = f"Against {base}: {_many(len(diff.changes), 'change', 'changes')}."
    touched = f" Touched: {_many(len(diff.views), 'view', 'views')}, {_many(len(diff.countries), 'country', 'countries')}."
    codes = f" ({', '.join(diff.countries[:12])}{' …' if len(diff.countries) > 12 else ''})" if diff.countries else ""
    return "\n\n".join([heading, *([names] if names else []), reach + touched.removesuffix(".") + codes + "."])


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _fitted(found: Sequence[Section], room: int) -> list[tuple[Section, int]]:
    """The sections with how many blocks were left out of each: the last blocks of the least worthy sections go first."""
    kept = {place: len(section.blocks) for place, section in enumerate(found)}
    size = sum(_size(_printed(section, 0)) + 2 for section in found)
    for place in sorted(kept, key=lambda each: found[each].worth):
        blocks = found[place].blocks
        while size > room and kept[place]:
            kept[place] -= 1
            size -= _size(blocks[kept[place]]) + 1
    return [
        (replace(section, blocks=section.blocks[: kept[place]]), len(section.blocks) - kept[place]) for place, section in enumerate(found)
    ]


def _printed(section: Section, cut: int) -> str:
    gap = "\n\n" if section.blocks[:1] and section.blocks[0].startswith("<details>") else "\n"
    table = section.opening.rpartition("\n")[2].startswith("|")
    body = gap.join(section.blocks)
    opened = f"{section.opening}{chr(10) if table else chr(10) * 2}{body}" if section.opening and body else section.opening or body
    left_out = f"_{_left_out(section, cut)}_" if cut else ""
    return "\n\n".join(each for each in (f"### {section.heading}" if section.heading else "", opened.strip("\n"), left_out) if each)


def _left_out(section: Section, cut: int) -> str:
    whole = cut + len(section.blocks)
    return f"{cut:,} of {whole:,} {section.what} are left out here, because a comment holds {LONGEST:,} characters. `ringi --format json report` has all of them."


def _size(value: str) -> int:
    """Its length as a forge may count it: in UTF-16 units."""
    return len(value.encode("utf-16-le")) // 2
