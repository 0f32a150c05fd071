"""Puts a talk on record: the file of a new hearing, an entry more in one that is there, and the metric's `hearing` field.

Used by `ringi.proposal.hearings`. Nothing is ever overwritten: a new file gets a free name, an entry is added below the others, and a
metric's own file gets one line only where it names no hearing yet.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.scaffold import scalar, write_new
from metrics_catalog.yaml_edit import read_text, with_entry, with_field, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.hearing_answers import Answers

SCHEMA = "# yaml-language-server: $schema=../.ringi/schema/hearing.json"
ABOVE_HEARING = ("how", "countries", "owners", "proposer", "tier")
"""Fields of a metric's file that stand above its `hearing`."""


@dataclass(frozen=True, slots=True)
class Named:
    """What happened to the `hearing` field of one metric: `line` is what a person must write, None where nothing is to do."""

    metric: str
    file: str
    was_set: bool
    line: str | None = None
    before: str | None = None


def hearing_id(catalog: Catalog, metric: str, day: dt.date, wanted: str | None = None) -> str:
    """A free id such as `2026-11-viewing-hours`; raises UsageError where the wanted one is taken."""
    base = wanted or f"{day:%Y-%m}-{metric.replace('_', '-')}"
    taken = set(catalog.hearings) | set(catalog.broken.get("hearing", ()))
    if wanted is not None and wanted in taken:
        raise UsageError(
            f"There is a hearing `{wanted}` already.", hint=f"`ringi hearing add {metric}` continues it; or give another --id."
        )
    number = 1
    while (found := base if number == 1 else f"{base}-{number}") in taken or (catalog.root / f"hearings/{found}.yaml").exists():
        number += 1
    return found


def hearing_text(name: str, metrics: Sequence[str], answers: Answers, now: dt.datetime) -> str:
    """The file of a hearing."""
    lines = [
        SCHEMA,
        f"hearing: {name}",
        f"date: {answers.date}",
        f"recorded_at: {_instant(now)}",
        f"metrics: [{', '.join(metrics)}]",
        *_attendees(answers),
        f"question: {scalar(answers.question)}",
        f"decides: {scalar(answers.decides)}",
        *(["agenda:"] if answers.agenda else []),
        *(f"  {point}: {scalar(said)}" for point, said in answers.agenda.items()),
        *_said(answers),
        f"outcome: {answers.outcome}",
        *([f"review_on: {answers.review_on}"] if answers.review_on else []),
    ]
    return "\n".join(lines) + "\n"


def entry_lines(metrics: Sequence[str], changed: Sequence[str], answers: Answers, now: dt.datetime) -> list[str]:
    """The lines of an entry, the first without its dash."""
    return [
        f"date: {answers.date}",
        f"recorded_at: {_instant(now)}",
        f"metrics: [{', '.join(metrics)}]",
        *([f"changed: [{', '.join(scalar(field) for field in changed)}]"] if changed else []),
        *_attendees(answers),
        *_said(answers),
        *([f"review_on: {answers.review_on}"] if answers.review_on else []),
    ]


def write_hearing(root: Path, name: str, text: str) -> str:
    """Write the file of a new hearing; gives its path within the project."""
    file = f"hearings/{name}.yaml"
    write_new(root, file, text)
    return file


def add_entry(root: Path, file: str, lines: Sequence[str]) -> None:
    """Add an entry to a hearing's file; raises CatalogError, with the lines, where that cannot be done safely."""
    made = with_entry(read_text(root / file), "entries", lines)
    if made is None:
        shown = "\n".join(f"    {'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines))
        raise CatalogError(
            f"`{file}` is written in a way that an entry cannot be added to safely; nothing was changed.",
            hint=f"add this at the end of its `entries:` yourself:\n{shown}",
        )
    write_text(root / file, made)


def name_hearing(catalog: Catalog, metric: str, hearing: str) -> Named:
    """Let a metric name its hearing: a line more in its file where it names none, else what a person would have to change."""
    file, model = catalog.files["metric", metric], catalog.metrics[metric]
    line = f"hearing: {scalar(hearing)}"
    if model.hearing is not None:
        return Named(metric, file, was_set=False, line=line if model.hearing != hearing else None, before=model.hearing)
    made = with_field(read_text(catalog.root / file), "hearing", hearing, ABOVE_HEARING)
    if made is None:
        return Named(metric, file, was_set=False, line=line)
    write_text(catalog.root / file, made)
    return Named(metric, file, was_set=True)


def default_answers(catalog: Catalog, metrics: Sequence[str]) -> Mapping[str, str]:
    """What the first metric's own file says of its question and decision already."""
    why = catalog.metrics[metrics[0]].why
    return {"question": _unless_todo(why.question.en), "decides": _unless_todo(why.decision.en)}


def _unless_todo(text: str) -> str:
    return "" if text.strip().upper() == "TODO" else text


def _attendees(answers: Answers) -> list[str]:
    return ["attendees:", *(f"  - {{person: {person}, side: {side.value}}}" for person, side in answers.attendees)]


def _said(answers: Answers) -> list[str]:
    lines: list[str] = []
    if answers.questions:
        lines.append("questions:")
        for question, answer in answers.questions:
            lines += [f"  - question: {scalar(question)}", f"    answer: {scalar(answer)}"]
    if answers.dissent:
        lines += ["dissent:", *(f"  - {scalar(one)}" for one in answers.dissent)]
    return [*lines, f"decision: {scalar(answers.decision)}"]


def _instant(now: dt.datetime) -> str:
    return f'"{now.astimezone(dt.UTC).isoformat(timespec="microseconds")}"'
