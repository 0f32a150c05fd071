"""A hearing: the recorded talk with the business that gives a metric its Why; one YAML file under `hearings/`.

Written by `ringi hearing new`, continued by `ringi hearing add` with an entry for each later talk. A file only grows: what was
said is never changed. Read by the gate (`governance.gate.hearing_rule`), by the rules, by search and by `show`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, Model, Name
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from metrics_catalog.person import Person

Sentence = Annotated[str, StringConstraints(min_length=1)]


class Attendee(Model):
    """Who was there, for which side."""

    person: Annotated[Name, EDITORIAL] = Field(description="Short name from people.yaml.")
    side: Annotated[Side, EDITORIAL] = Field(description="The side this person spoke for.")


class Question(Model):
    """One question that was asked, and its answer."""

    question: Annotated[Sentence, EDITORIAL] = Field(description="What was asked.")
    answer: Annotated[Sentence, EDITORIAL] = Field(description="What was answered.")


class Agenda(Model):
    """What was said to each point of the checklist; a point that is left out was not talked about."""

    used_by: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="Who reads the number, how often, in what.")
    never_for: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="What it must not be used for, and why.")
    edge_cases: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="What counts and what does not, by example.")
    late_data: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="What late or restated events do to it.")
    countries: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="Countries that differ, why, and until when.")
    summing: Annotated[Sentence | None, EDITORIAL] = Field(
        default=None, description="Distinct counts and ratios: over what it may not be summed."
    )
    privacy: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="Whether a number could tell of one viewer.")
    cost: Annotated[Sentence | None, EDITORIAL] = Field(default=None, description="What it costs to compute, and whether that is worth it.")


class Entry(Model):
    """A later talk about metrics of the hearing: a change of their meaning, or a review."""

    date: Annotated[dt.date, EDITORIAL] = Field(description="Day of the talk.")
    recorded_at: Annotated[dt.datetime, EDITORIAL] = Field(description="When it was written down, in UTC.")
    metrics: Annotated[tuple[Name, ...], EDITORIAL] = Field(description="Metrics that were talked about.", min_length=1)
    changed: Annotated[tuple[Sentence, ...], EDITORIAL] = Field(
        default=(), description="Fields whose change was heard, such as `how.filter`; a field covers those below it."
    )
    attendees: Annotated[tuple[Attendee, ...], EDITORIAL] = Field(description="Who was there.", min_length=1)
    questions: Annotated[tuple[Question, ...], EDITORIAL] = Field(default=(), description="Questions and answers.")
    dissent: Annotated[tuple[Sentence, ...], EDITORIAL] = Field(default=(), description="What somebody did not agree with.")
    decision: Annotated[Sentence, EDITORIAL] = Field(description="What was decided.")
    review_on: Annotated[dt.date | None, EDITORIAL] = Field(default=None, description="Day on which to talk again.")

    def hears(self, field: str) -> bool:
        """Whether the change of a field was talked about."""
        return any(field == heard or field.startswith(f"{heard}.") for heard in self.changed)


class Hearing(Model):
    """One hearing file."""

    hearing: Annotated[Sentence, EDITORIAL] = Field(description="Id; the file is called the same.")
    date: Annotated[dt.date, EDITORIAL] = Field(description="Day of the hearing.")
    recorded_at: Annotated[dt.datetime | None, EDITORIAL] = Field(default=None, description="When it was written down, in UTC.")
    metrics: Annotated[tuple[Name, ...], EDITORIAL] = Field(description="Metrics that were heard.", min_length=1)
    attendees: Annotated[tuple[Attendee, ...], EDITORIAL] = Field(description="Who was there.", min_length=1)
    question: Annotated[Sentence, EDITORIAL] = Field(description="The question of the business.")
    decides: Annotated[Sentence | None, EDITORIAL] = Field(
        default=None, description="The decision of the business that hangs on the answer."
    )
    agenda: Annotated[Agenda, EDITORIAL] = Field(default=Agenda(), description="What was said to each point of the checklist.")
    questions: Annotated[tuple[Question, ...], EDITORIAL] = Field(default=(), description="Questions and answers.")
    dissent: Annotated[tuple[Sentence, ...], EDITORIAL] = Field(default=(), description="What somebody did not agree with.")
    decision: Annotated[Sentence, EDITORIAL] = Field(description="What was decided.")
    outcome: Annotated[Literal["accepted", "changed", "rejected"], EDITORIAL] = Field(default="accepted", description="How it ended.")
    review_on: Annotated[dt.date | None, EDITORIAL] = Field(default=None, description="Day on which to talk again.")
    entries: Annotated[tuple[Entry, ...], EDITORIAL] = Field(default=(), description="Later talks, oldest first; never changed.")

    def hears(self, field: str) -> bool:
        """A hearing is about the whole metric."""
        return True

    def talks(self, metric: str) -> tuple[Hearing | Entry, ...]:
        """The hearing itself and its entries about a metric, oldest first; empty where it was not heard here."""
        return (self, *(entry for entry in self.entries if metric in entry.metrics)) if metric in self.metrics else ()

    def review_of(self, metric: str) -> dt.date | None:
        """The day on which the metric is to be talked about again; None where no day was set, or the talk took place."""
        due: dt.date | None = None
        for talk in sorted(self.talks(metric), key=lambda talk: talk.date):
            if talk.review_on is not None:
                due = talk.review_on
            elif due is not None and talk.date >= due:
                due = None
        return due


def sides_at(talk: Hearing | Entry) -> frozenset[Side]:
    """The sides for which somebody spoke."""
    return frozenset(attendee.side for attendee in talk.attendees)


def holds(person: Person, side: Side, day: dt.date) -> bool:
    """Whether somebody held a side on a day."""
    windows = [(person.valid_from, person.valid_until)] if side in person.sides else []
    windows += [(earlier.valid_from, earlier.valid_until) for earlier in person.earlier_sides if earlier.side is side]
    return any((start is None or start.date() <= day) and (end is None or day <= end.date()) for start, end in windows)
