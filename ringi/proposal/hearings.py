"""Hearings of an opened lake project: puts talks on record, and tells which are due. Used by `ringi hearing`."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.hearing_answers import Raw
    from metrics_catalog.hearing_record import Named
    from ringi.lake import Lake

NEEDED = ("date", "tech", "business", "question", "decides", "decision", "review_on")
"""What the record of a hearing cannot do without."""

NEEDED_OF_ENTRY = ("date", "tech", "business", "decision")
DRAFTS = ".ringi/drafts"


@dataclass(frozen=True, slots=True)
class Made:
    """A new hearing: its id, its file, its text, and what became of the metrics' `hearing` fields."""

    hearing: str
    file: str
    text: str
    named: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """One entry that was added to a hearing: for which metrics, about which fields, and its lines."""

    hearing: str
    file: str
    metrics: tuple[str, ...]
    changed: tuple[str, ...]
    text: str


def new_hearing(lake: Lake, metrics: Sequence[str], raw: Raw, now: dt.datetime, wanted: str | None = None) -> Made:
    """Write a hearing and let its metrics name it; raises UsageError with everything that is missing or wrong, and writes nothing then."""
    from metrics_catalog.hearing_answers import read_answers
    from metrics_catalog.hearing_record import hearing_id, hearing_text, name_hearing, write_hearing

    catalog = lake.catalog
    known_metrics(catalog, metrics)
    answers = read_answers(raw, catalog.people, NEEDED, now)
    name = hearing_id(catalog, metrics[0], answers.date, wanted)
    text = hearing_text(name, metrics, answers, now)
    file = write_hearing(lake.root, name, text)
    accepted = answers.outcome != "rejected"
    return Made(name, file, text, tuple(name_hearing(catalog, metric, name) for metric in metrics) if accepted else ())


def add_entries(lake: Lake, metrics: Sequence[str], raw: Raw, now: dt.datetime) -> tuple[Added, ...]:
    """Add an entry to each hearing that the metrics name, about the fields that changed since they were certified.

    Raises UsageError with everything that is missing or wrong, and writes nothing then.
    """
    from metrics_catalog.hearing_answers import read_answers
    from metrics_catalog.hearing_record import add_entry, entry_lines

    catalog = lake.catalog
    known_metrics(catalog, metrics)
    by_hearing = _by_hearing(catalog, metrics)
    answers = read_answers(raw, catalog.people, NEEDED_OF_ENTRY, now)
    changed = changed_fields(lake, metrics, now)
    found = []
    for name, mine in by_hearing.items():
        fields = tuple(dict.fromkeys(field for metric in mine for field in changed[metric]))
        lines = entry_lines(mine, fields, answers, now)
        add_entry(lake.root, catalog.files["hearing", name], lines)
        found.append(Added(name, catalog.files["hearing", name], tuple(mine), fields, "\n".join(lines)))
    return tuple(found)


def changed_fields(lake: Lake, metrics: Sequence[str], now: dt.datetime) -> dict[str, tuple[str, ...]]:
    """By metric: the fields that changed since it was last certified; nothing for one that never was."""
    from governance.gate.gate import certified
    from metrics_catalog.meaning_diff import changes

    found: dict[str, tuple[str, ...]] = {}
    for name, status in certified(lake.catalog, now, metrics).metrics.items():
        last = status.certificate.meaning if status.certificate else None
        differ = changes(last, status.present) if last is not None and status.present is not None else ()
        found[name] = tuple(change.field for change in differ)
    return found


def voided_metrics(lake: Lake, now: dt.datetime) -> tuple[str, ...]:
    """Metrics whose Business key was voided by a change: each needs a talk."""
    from governance.gate.gate import certified
    from metrics_catalog.lifecycle import KeyState
    from metrics_catalog.person import Side

    standing = certified(lake.catalog, now, lake.catalog.metrics).metrics
    return tuple(name for name, status in standing.items() if status.keys[Side.BUSINESS].state is KeyState.VOID and status.certificate)


def hearing_rows(catalog: Catalog, metric: str | None = None) -> list[dict[str, Any]]:
    """One row a hearing, the newest first."""
    if metric is not None:
        known_metrics(catalog, [metric])
    held = [each for each in catalog.hearings.values() if metric is None or metric in each.metrics]
    return [
        {
            "hearing": each.hearing,
            "date": each.date,
            "metrics": ", ".join(each.metrics),
            "outcome": each.outcome,
            "entries": len(each.entries),
            "review_on": min((day for name in each.metrics if (day := each.review_of(name)) is not None), default=None),
        }
        for each in sorted(held, key=lambda each: (each.date, each.hearing), reverse=True)
    ]


def due_rows(catalog: Catalog, today: dt.date) -> list[dict[str, Any]]:
    """One row for each metric that was to be talked about again by that day, the longest due first."""
    rows = []
    for name, metric in catalog.metrics.items():
        hearing = catalog.hearings.get(metric.hearing or "")
        day = hearing.review_of(name) if hearing is not None else None
        if hearing is not None and day is not None and day <= today:
            owner = metric.owners.business
            rows.append({"metric": name, "hearing": hearing.hearing, "review_on": day, "days": (today - day).days, "business": owner})
    return sorted(rows, key=lambda row: (row["review_on"], row["metric"]))


def known_metrics(catalog: Catalog, metrics: Sequence[str]) -> None:
    """Raises UsageError that names every metric which does not exist, CatalogError for one whose file cannot be read."""
    broken = [name for name in metrics if name not in catalog.metrics and catalog.is_broken("metric", name)]
    if broken:
        raise CatalogError(f"The file of `{broken[0]}` cannot be read.", hint="run `ringi check` and mend what it finds.")
    unknown = [name for name in metrics if name not in catalog.metrics]
    if unknown:
        near = did_you_mean(unknown[0], catalog.metrics) or "write its file first: `ringi new metric NAME`."
        raise UsageError(f"There is no metric {', '.join(f'`{name[:60]}`' for name in unknown)}.", hint=near)


def find_hearing(catalog: Catalog, name: str) -> str:
    """The id of a hearing, or the hearing that the metric of this name names; raises UsageError where there is none."""
    if name in catalog.hearings or catalog.is_broken("hearing", name):
        return name
    metric = catalog.metrics.get(name)
    if metric is not None and metric.hearing is not None:
        return metric.hearing
    if metric is not None:
        raise UsageError(f"`{name}` was not heard yet.", hint=f"hold the hearing, then write it down: `ringi hearing new {name}`.")
    near = did_you_mean(name, {*catalog.hearings, *catalog.metrics})
    raise UsageError(f"There is no hearing and no metric `{name}`.", hint=near or "`ringi hearing list` shows all hearings.")


class Draft:
    """Answers of a hearing that is still being typed, in a file that git ignores."""

    def __init__(self, root: Path, what: str, metric: str) -> None:
        self.path = root / DRAFTS / f"{what}-{metric}.json"

    def read(self) -> Raw:
        """The answers so far; empty where there is no draft, or where its file is damaged."""
        try:
            held = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        fits = isinstance(held, dict) and all(
            isinstance(said, list) and all(isinstance(one, str) for one in said) for said in held.values()
        )
        return held if fits else {}

    def write(self, raw: Raw) -> None:
        """Keep the answers so far, whole or not at all."""
        from metrics_catalog.yaml_edit import write_text

        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.path, json.dumps(raw, ensure_ascii=True, indent=1) + "\n")

    def drop(self) -> None:
        """The hearing is on record: the draft has served."""
        self.path.unlink(missing_ok=True)


def _by_hearing(catalog: Catalog, metrics: Sequence[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in metrics:
        hearing = catalog.metrics[name].hearing
        if hearing is None or hearing not in catalog.hearings:
            if hearing is not None and catalog.is_broken("hearing", hearing):
                raise CatalogError(f"The hearing `{hearing}` cannot be read.", hint="run `ringi check` and mend what it finds.")
            raise UsageError(
                f"`{name}` was not heard yet, so there is nothing to add to.", hint=f"`ringi hearing new {name}` begins its record."
            )
        if name not in catalog.hearings[hearing].metrics:
            raise UsageError(
                f"The hearing `{hearing}` that `{name}` names was not about it.", hint=f"`ringi hearing new {name}` begins its record."
            )
        found.setdefault(hearing, []).append(name)
    return found
