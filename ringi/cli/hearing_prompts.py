"""Asks for the record of a talk on a terminal, one question after the other; what was typed is kept as a draft meanwhile."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import typer

from metrics_catalog.hearing_answers import CHECKLIST, OUTCOMES, fault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metrics_catalog.hearing_answers import Raw
    from metrics_catalog.person import Person
    from ringi.output import Output

TALK = (
    ("date", "Day of the talk", ""),
    ("business", "Who spoke for business (names in people.yaml, commas between)", ""),
    ("tech", "Who spoke for tech", ""),
)
WHY = (
    ("question", "The question of the business", ""),
    ("decides", "The decision that hangs on the answer", ""),
)
END = (("decision", "What was decided", ""),)
LISTED = ("business", "tech")
HALF_A_YEAR = dt.timedelta(days=182)


class Asking:
    """One round of questions; `raw` holds the answers so far, and `keep` is called after each new one."""

    def __init__(self, out: Output, raw: Raw, people: Mapping[str, Person], now: dt.datetime, keep: Callable[[Raw], None]) -> None:
        self._out, self.raw, self._people, self._now, self._keep = out, raw, people, now, keep

    def hearing(self, known: Mapping[str, str]) -> None:
        """Everything that a hearing's record holds."""
        self._each(TALK, {"date": self._now.astimezone().date().isoformat()})
        self._each(WHY, known)
        self._agenda()
        self._questions()
        self._many("dissent", "Did somebody not agree? In a sentence (Enter: nobody)")
        self._each(END, {})
        self._each((("outcome", f"How did it end ({', '.join(OUTCOMES)})", ""),), {"outcome": "accepted"})
        self._review(needed=True)

    def entry(self) -> None:
        """What a later talk adds."""
        self._each(TALK, {"date": self._now.astimezone().date().isoformat()})
        self._questions()
        self._many("dissent", "Did somebody not agree? In a sentence (Enter: nobody)")
        self._each(END, {})
        self._review(needed=False)

    def _each(self, questions: tuple[tuple[str, str, str], ...], known: Mapping[str, str]) -> None:
        for name, text, default in questions:
            if not self.raw.get(name):
                answer = self._answer(name, text, known.get(name) or default)
                self._put(name, [part.strip() for part in answer.split(",") if part.strip()] if name in LISTED else [answer])

    def _answer(self, name: str, text: str, default: str) -> str:
        """An answer that is not empty and has no fault by itself; asked again until then."""
        while True:
            answer = str(typer.prompt(text, default=default or None, err=True)).strip()
            parts = [part.strip() for part in answer.split(",") if part.strip()] if name in LISTED else [answer]
            fault = fault_of(self.raw, name, parts, self._people, self._now) if answer else "An answer is needed here."
            if fault is None:
                return answer
            self._out.say(f"  {fault}")

    def _agenda(self) -> None:
        self._out.say("\nThe agenda; Enter leaves a point open.")
        for point, text in CHECKLIST:
            if f"agenda.{point}" not in self.raw:
                self._put(f"agenda.{point}", [self._free(text)])

    def _questions(self) -> None:
        """Pairs of a question and its answer, until a question is left empty."""
        if self.raw.get("asked"):
            return
        asked: list[str] = []
        answered: list[str] = []
        while question := self._free("Was anything else asked? (Enter: no)" if not asked else "And then? (Enter: nothing)"):
            answered.append(self._answer("answered", "  The answer", ""))
            asked.append(question)
            self.raw["asked"] = asked
            self._put("answered", answered)

    def _many(self, name: str, text: str) -> None:
        if self.raw.get(name):
            return
        found: list[str] = []
        while said := self._free(text if not found else "And somebody else? (Enter: nobody)"):
            found.append(said)
            self._put(name, found)

    def _review(self, *, needed: bool) -> None:
        if self.raw.get("review_on"):
            return
        if needed:
            begun = dt.date.fromisoformat(self.raw["date"][0])
            self._each((("review_on", "Day on which to talk about it again", ""),), {"review_on": (begun + HALF_A_YEAR).isoformat()})
        else:
            self._put("review_on", [self._free("Day on which to talk about it again (Enter: as it was)")])

    def _free(self, text: str) -> str:
        return str(typer.prompt(text, default="", show_default=False, err=True)).strip()

    def _put(self, name: str, values: list[str]) -> None:
        self.raw[name] = values
        self._keep(self.raw)
