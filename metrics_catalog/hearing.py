"""A hearing: the recorded talk with the business that gives a metric its Why; one YAML file under `hearings/`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, Model, Name
from metrics_catalog.person import Side

Sentence = Annotated[str, StringConstraints(min_length=1)]


class Attendee(Model):
    """Who was there, for which side."""

    person: Annotated[Name, EDITORIAL] = Field(description="Short name from people.yaml.")
    side: Annotated[Side, EDITORIAL] = Field(description="The side this person spoke for.")


class Question(Model):
    """One question that was asked, and its answer."""

    question: Annotated[Sentence, EDITORIAL] = Field(description="What was asked.")
    answer: Annotated[Sentence, EDITORIAL] = Field(description="What was answered.")


class Hearing(Model):
    """One hearing file."""

    hearing: Annotated[Sentence, EDITORIAL] = Field(description="Id; the file is called the same.")
    date: Annotated[dt.date, EDITORIAL] = Field(description="Day of the hearing.")
    metrics: Annotated[tuple[Name, ...], EDITORIAL] = Field(description="Metrics that were heard.", min_length=1)
    attendees: Annotated[tuple[Attendee, ...], EDITORIAL] = Field(description="Who was there.", min_length=1)
    question: Annotated[Sentence, EDITORIAL] = Field(description="The question of the business.")
    questions: Annotated[tuple[Question, ...], EDITORIAL] = Field(default=(), description="Questions and answers.")
    dissent: Annotated[tuple[Sentence, ...], EDITORIAL] = Field(default=(), description="What somebody did not agree with.")
    decision: Annotated[Sentence, EDITORIAL] = Field(description="What was decided.")
    outcome: Annotated[Literal["accepted", "changed", "rejected"], EDITORIAL] = Field(default="accepted", description="How it ended.")
    review_on: Annotated[dt.date | None, EDITORIAL] = Field(default=None, description="Day on which to talk again.")
