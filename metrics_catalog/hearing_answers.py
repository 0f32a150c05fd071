"""What somebody answered about a talk, before it is on record: asked by a door, read here with every fault named at once.

Made by `ringi hearing new` and `ringi hearing add` from flags and prompts; kept as a draft while it is typed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean
from metrics_catalog.hearing import Agenda, holds
from metrics_catalog.person import Side
from metrics_catalog.yaml_bytes import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metrics_catalog.person import Person

Raw = dict[str, list[str]]
"""Answers as they were typed, by the name of their flag; an agenda point is called `agenda.privacy`."""

LONGEST = 20_000
"""Characters of one answer: some pages of minutes."""

OUTCOMES = ("accepted", "changed", "rejected")

CHECKLIST: tuple[tuple[str, str], ...] = (
    ("used_by", "Who will read the number, how often, and in what (a report, a contract, an alarm)?"),
    ("never_for", "What must it not be used for, and what would go wrong?"),
    ("edge_cases", "What counts and what does not? Play through three doubtful cases."),
    ("late_data", "What may happen when events come late or are restated: may yesterday's number change?"),
    ("countries", "Which countries differ, why, and until when?"),
    ("summing", "Is it a distinct count or a ratio? Over what (days, countries, devices) must it not be summed?"),
    ("privacy", "Could a small group tell of one viewer? Who may see it by which dimensions?"),
    ("cost", "What does it cost to compute and to keep, and is the decision worth that?"),
)
"""The points of the agenda beside the question and the decision behind the metric, in the order in which they are talked about."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The record of one talk. `outcome`, `question`, `decides` and `agenda` are those of a hearing, empty for an entry."""

    date: dt.date
    attendees: tuple[tuple[str, Side], ...]
    decision: str
    review_on: dt.date | None = None
    question: str = ""
    decides: str = ""
    agenda: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[tuple[str, str], ...] = ()
    dissent: tuple[str, ...] = ()
    outcome: str = "accepted"


def read_answers(raw: Raw, people: Mapping[str, Person], needed: tuple[str, ...], now: dt.datetime) -> Answers:
    """The answers, or a UsageError that names everything that is missing or cannot be."""
    given = {name: [_clean(value) for value in values if value.strip()] for name, values in raw.items()}
    missing = [name for name in needed if not given.get(name)]
    faults = [*_faults(given, people, now)]
    if missing or faults:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        said = ([f"Missing: {flags}."] if missing else []) + faults
        raise UsageError(" ".join(said), hint="on a terminal the command asks for what no flag says; nothing was written.")
    review = given.get("review_on")
    return Answers(
        date=dt.date.fromisoformat(given["date"][0]),
        attendees=tuple((person, side) for side in (Side.BUSINESS, Side.TECH) for person in dict.fromkeys(given.get(side.value, ()))),
        decision=given["decision"][0],
        review_on=dt.date.fromisoformat(review[0]) if review else None,
        question=_first(given, "question"),
        decides=_first(given, "decides"),
        agenda={point: _first(given, f"agenda.{point}") for point in Agenda.model_fields if given.get(f"agenda.{point}")},
        questions=tuple(zip(given.get("asked", ()), given.get("answered", ()), strict=True)),
        dissent=tuple(given.get("dissent", ())),
        outcome=_first(given, "outcome") or "accepted",
    )


def fault_of(raw: Raw, name: str, values: list[str], people: Mapping[str, Person], now: dt.datetime) -> str | None:
    """What is wrong with one more answer beside those that are there, for a prompt that asks again; None where nothing is."""
    given = {name: [_clean(value) for value in values]}
    beside = {"date": raw.get("date", []), **given}
    faults = [*_of_texts(given), *_of_days(beside, now)]
    if unknown := _of_people(given, people):
        faults.append(unknown)
    elif name in tuple(Side) and (day := _day(_first(beside, "date"))) is not None:
        other = Side.BUSINESS if name == Side.TECH else Side.TECH
        faults += _of_sides({other.value: raw.get(other.value, []), **given}, people, day)
    return next(iter(faults), None)


def agenda_of(points: list[str]) -> Raw:
    """`--agenda privacy="Groups under ten are hidden."` as answers; raises UsageError for a point that is not on the list."""
    found: Raw = {}
    for point in points:
        name, equals, said = point.partition("=")
        if name.strip() not in Agenda.model_fields or not equals:
            hint = did_you_mean(name.strip(), Agenda.model_fields) or f"points are {', '.join(Agenda.model_fields)}."
            raise UsageError(f"`{name.strip()[:60]}` is no point of the agenda; expected POINT=TEXT.", hint=hint)
        found[f"agenda.{name.strip()}"] = [said]
    return found


def _faults(given: Raw, people: Mapping[str, Person], now: dt.datetime) -> Iterator[str]:
    yield from _of_texts(given)
    yield from _of_days(given, now)
    if len(given.get("asked", ())) != len(given.get("answered", ())):
        yield "Each --asked needs an --answered."
    if _first(given, "outcome") not in ("", *OUTCOMES):
        yield f"`{_first(given, 'outcome')}` is no outcome; expected {', '.join(OUTCOMES)}."
    if unknown := _of_people(given, people):
        yield unknown
    elif (day := _day(_first(given, "date"))) is not None:
        yield from _of_sides(given, people, day)


def _of_texts(given: Raw) -> Iterator[str]:
    for name, values in given.items():
        for value in values:
            if len(value) > LONGEST:
                yield f"The answer to {name.replace('_', ' ')} has {len(value):,} characters; at most {LONGEST:,} are kept."
            elif hidden := HIDDEN.search(value):
                yield f"The answer to {name.replace('_', ' ')} holds the invisible character U+{ord(hidden[0]):04X}."
            elif not _is_text(value):
                yield f"The answer to {name.replace('_', ' ')} is not UTF-8."


def _of_days(given: Raw, now: dt.datetime) -> Iterator[str]:
    days: dict[str, dt.date] = {}
    for name in ("date", "review_on"):
        text = _first(given, name)
        day = _day(text)
        if day is not None:
            days[name] = day
        elif text:
            yield f"`{text[:40]}` is no day; expected one such as 2026-11-22."
    latest = (now.astimezone(dt.UTC) + dt.timedelta(hours=14)).date()
    if "date" in days and days["date"] > latest:
        yield f"{days['date']} is still to come; a talk is written down once it took place."
    if len(days) == 2 and days["review_on"] <= days["date"]:
        yield f"The review on {days['review_on']} is not after the talk of {days['date']}."


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _of_people(given: Raw, people: Mapping[str, Person]) -> str | None:
    for side in Side:
        for name in given.get(side.value, ()):
            if name not in people:
                near = did_you_mean(name, people) or f"people.yaml has {', '.join(sorted(people)[:8])}"
                return f"There is no person `{name[:60]}` in people.yaml; {near.rstrip('.')}"
    return None


def _of_sides(given: Raw, people: Mapping[str, Person], day: dt.date) -> Iterator[str]:
    both = set(given.get("tech", ())) & set(given.get("business", ()))
    yield from (f"`{name}` cannot speak for both sides at one talk." for name in sorted(both))
    for side in Side:
        other = Side.BUSINESS if side is Side.TECH else Side.TECH
        voices = [name for name in given.get(side.value, ()) if name not in both]
        for name in voices:
            if not holds(people[name], side, day) and holds(people[name], other, day):
                yield f"`{name}` holds the {other.value} side, not the {side.value} side."
        if voices and not any(holds(people[name], side, day) for name in voices):
            able = [name for name, person in people.items() if holds(person, side, day)]
            yield f"Nobody of the {side.value} side was there on {day}; it is held by {', '.join(f'`{name}`' for name in able[:5]) or 'nobody'}."


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _first(given: Raw, name: str) -> str:
    return given.get(name, [""])[0] if given.get(name) else ""
