"""The model's answer as tables that a person reads, or as one JSON value. Made for `python -m jobs.scale` and `docs/scale.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.scale import measured
from jobs.scale.commits import Contention
from jobs.scale.demand import MINUTES, SCALE, Demand
from jobs.scale.layout import Layout
from jobs.scale.prices import Prices, day_price
from jobs.scale.simulation import Day
from jobs.scale.work import Publishing, Work, work

LATER_DAYS = 365


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what came out; `days` are all simulated days."""

    demand: Demand
    layout: Layout
    publishing: Publishing
    days: tuple[Day, ...]
    work: Work
    price: Prices
    dollars: dict[str, float]


def answer(demand: Demand, layout: Layout, publishing: Publishing, days: Sequence[Day], price: Prices) -> Answer:
    """Work and price of the last simulated day; stored are then all raw bytes and bronze, of which nothing is removed."""
    last = days[-1]
    done = work(demand, layout, last, publishing)
    stored = last.bytes + last.events * measured.RAW_BYTES
    return Answer(demand, layout, publishing, tuple(days), done, price, day_price(done, stored, demand.countries, price))


def as_json(found: Answer) -> dict[str, Any]:
    """The answer as plain data."""
    return {
        "schema_version": 1,
        "layout": asdict(found.layout),
        "publishing": asdict(found.publishing),
        "days": [asdict(day) for day in found.days],
        "work": asdict(found.work),
        "prices": {"date": found.price.date, "region": found.price.region, "status": found.price.status},
        "dollars_a_day": found.dollars,
    }


def as_text(found: Answer) -> str:
    """The answer as tables, with units in the headings."""
    parts = [_heading(found), _table(_DAY_HEADS, [_day_row(day) for day in _shown(found.days)])]
    parts += [_table(("each day then", "", "how"), _work_rows(found)), _table(("dollars a day", ""), _price_rows(found))]
    return "\n\n".join(parts) + "\n"


def _heading(found: Answer) -> str:
    demand, layout = found.demand, found.layout
    peak = max(demand.by_minute) / 60
    late = f"late events every {layout.late_minutes} min" if layout.late_minutes else "late events with every batch"
    compaction = f"compaction every {layout.compact_minutes} min" if layout.compact_minutes else "no compaction"
    return (
        f"{demand.events_a_day:,} events a day, {demand.countries} countries; the largest has {demand.shares[0] / demand.events_a_day:.1%}, "
        f"the busiest minute {peak:,.0f} events a second.\n"
        f"By {layout.partition}, a batch every {layout.minutes} min"
        f"{'' if layout.gathered else f' by {layout.writers} writers'}, {layout.write_mib} MiB a file, {compaction}, {late}."
    )


_DAY_HEADS = ("day", "files", "small", "TB", "fullest", "manifests", "snapshots", "touched", "look-through", "rewritten", "metadata kB",
              "metadata GB written", "list s", "list MB", "commit ms")  # fmt: skip


def _day_row(day: Day) -> tuple[str, ...]:
    return (
        str(day.day),
        f"{day.files:,}",
        f"{day.small_files:,}",
        f"{day.bytes / 1e12:.1f}",
        f"{day.fullest_files:,}",
        f"{day.manifests:,}",
        f"{day.snapshots:,}",
        f"{day.touched:.1f}",
        f"{day.looked_through:.2e}",
        f"{day.rewritten:.2e}",
        f"{day.metadata_bytes / 1e3:,.0f}",
        f"{day.metadata_written / 1e9:.1f}",
        f"{day.listing_ms / 1e3:.1f}",
        f"{day.listing_memory / 1e6:,.0f}",
        f"{day.commit_ms:.0f}",
    )


def _shown(days: Sequence[Day]) -> list[Day]:
    """The first days, each week, and the last."""
    return [day for day in days if day.day in (1, 2, len(days)) or day.day % 7 == 0]


def _work_rows(found: Answer) -> list[tuple[str, ...]]:
    done, plan = found.work, found.publishing
    landing = Contention(2, found.layout.minutes, found.layout.minutes * 60)
    return [
        ("cores, landing", f"{done.landing_cores:,.1f}", f"{measured.LAND_CORE_US} core-us an event"),
        ("cores, repeats", f"{done.repeats_cores:,.1f}", f"{measured.REPEAT_CORE_US} core-us an event that is held"),
        ("cores, compaction", f"{done.compaction_cores:,.1f}", f"{measured.REWRITE_CORE_US} core-us an event"),
        ("cores, facts", f"{done.facts_cores:,.1f}", f"{plan.views} views, {plan.runs} runs, {plan.closed_runs} of closed days"),
        ("events read for facts", f"{done.facts_events:.2e}", f"{done.facts_events / found.demand.events_a_day:,.0f} x the day's events"),
        ("exchanged between tasks, TB", f"{done.shuffled_bytes / 1e12:,.0f}", f"{measured.PAIR_BYTES} bytes a row after joining in a task"),
        ("read to find repeats, TB", f"{done.repeat_bytes / 1e12:,.0f}", f"{measured.KEY_BYTES} bytes an event that is held"),
        (
            "exchanged to find repeats, TB",
            f"{found.days[-1].looked_through * measured.DIGEST_BYTES / 1e12:,.0f}",
            "Spark: a digest an event that is held",
        ),
        ("copies published", f"{done.copies:,}", "countries x views x runs"),
        ("copies written, TB", f"{done.copied_bytes / 1e12:,.1f}", "whole copies" if plan.whole_copies else "open days alone"),
        ("metadata of a copy, MB", f"{done.copy_metadata / 1e6:,.1f}", f"{plan.keep_days} days of {plan.runs} publications stay readable"),
        ("metadata of copies written, GB", f"{done.copy_metadata_written / 1e9:,.0f}", "each commit writes it anew"),
        ("a publication, s", f"{done.publication_seconds:,.0f}", f"{plan.writers} writers, {measured.CALL_MS:.0f} ms a call assumed"),
        ("reports in a summary, characters", f"{_reports(found):,}", "in the metadata file; the catalog is told none of it"),
        ("S3 puts a second", f"{done.puts / 86_400:,.1f}", "files, metadata and copies"),
        ("S3 gets a second", f"{done.gets / 86_400:,.0f}", "four ranges a file"),
        ("Glue calls a second", f"{done.glue_calls / 86_400:,.2f}", "commits and copies"),
        ("refused, two landing jobs", f"{landing.lost:.0%}", "the head must stand still for the whole batch"),
        ("commits a year", f"{found.days[-1].commits * LATER_DAYS:,}", f"{MINUTES // found.layout.minutes} batches a day, and compaction"),
        (
            "late, smallest country, oldest day",
            f"{found.demand.smallest_late(24 / plan.runs):,.0f}",
            "events a run: above 0 every cell is touched",
        ),
    ]


def _reports(found: Answer) -> int:
    """Characters of the reports of the largest batch that landing commits, each object one."""
    waiting = found.layout.late_minutes / found.layout.minutes if found.layout.late_minutes else 0
    busiest = max(found.demand.by_minute) * found.layout.minutes
    late = busiest * waiting * (1 - found.demand.late[0] / SCALE)
    return found.layout.objects(round(max(busiest, late))) * measured.REPORT_BYTES


def _price_rows(found: Answer) -> list[tuple[str, str]]:
    rows = [(name, f"{value:,.0f}") for name, value in found.dollars.items()]
    return [
        *rows,
        ("sum", f"{sum(found.dollars.values()):,.0f}"),
        ("prices of", f"{found.price.date} {found.price.region}, {found.price.status}"),
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, so that a document can hold it as it is."""
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    lines = [
        [text.rjust(width) if place else text.ljust(width) for place, (text, width) in enumerate(zip(row, widths, strict=True))]
        for row in rows
    ]
    head = [text.ljust(width) for text, width in zip(heads, widths, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["-" * width for width in widths], *lines])
