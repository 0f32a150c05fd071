"""What `ringi new` writes: a metric, view or hearing from answers, in the form in which people write them.

An answer that is missing becomes `TODO`, which `ringi check` then finds: the file is never silently half done.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.yaml_bytes import HIDDEN
from metrics_catalog.yaml_io import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

TODO = "TODO"
KINDS = ("count", "count_distinct", "sum", "average", "minimum", "maximum", "ratio", "derived")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a new definition: the name of its answer (and flag), and what a person is asked."""

    name: str
    text: str
    default: str = TODO
    kinds: tuple[str, ...] = field(default=())
    """Only for metrics of these kinds; empty means all."""


_MEASURED = KINDS[:-2]
_EXPRESSED = (*KINDS[1:6], "derived")

METRIC_QUESTIONS = (
    Question("domain", "Domain: the folder below metrics/", "general"),
    Question("label_en", "Label, in English"),
    Question("label_ja", "Label, in Japanese (名称)"),
    Question("description_en", "What is counted, in one or two sentences, in English"),
    Question("description_ja", "The same in Japanese (説明)"),
    Question("unit", "Unit (hours, viewers, ratio, …)"),
    Question("question_en", "Which question does it answer?"),
    Question("question_ja", "The same in Japanese (問い)"),
    Question("decision_en", "Which decision hangs on it?"),
    Question("decision_ja", "The same in Japanese (判断)"),
    Question("kind", f"Kind ({', '.join(KINDS)})", "count"),
    Question("source", "Source whose rows are measured", kinds=_MEASURED),
    Question("expression", "Expression, over columns (for a derived metric: over metrics)", kinds=_EXPRESSED),
    Question("filter", "Condition of the rows that count (empty: all)", "", _MEASURED),
    Question("numerator", "Metric above the line", kinds=("ratio",)),
    Question("denominator", "Metric below the line", kinds=("ratio",)),
    Question("dimensions", "Columns or attributes it may be sliced by, with commas between", "", _MEASURED),
    Question("tech", "Team that answers for the computation"),
    Question("business", "Team that answers for the meaning"),
    Question("proposer", "Who proposes it (name in people.yaml)", ""),
    Question("hearing", "Id of the hearing (empty: not held yet)", ""),
)
"""In the order of the file, so that a person thinks of What, then Why, then How."""

VIEW_QUESTIONS = (
    Question("label_en", "Label, in English"),
    Question("label_ja", "Label, in Japanese (名称)"),
    Question("time", "Length of a period (day, week, month)", "day"),
    Question("dimensions", "Dimensions of a row, with commas between (empty: country and period only)", ""),
    Question("metrics", "Metrics, one column each, with commas between"),
    Question("tech", "Team that answers for the computation"),
    Question("business", "Team that answers for the meaning"),
)

HEARING_QUESTIONS = (
    Question("date", "Day of the hearing (2026-11-22)"),
    Question("metrics", "Metrics that were heard, with commas between"),
    Question("tech", "Who spoke for tech (name in people.yaml)"),
    Question("business", "Who spoke for business (name in people.yaml)"),
    Question("question", "The question of the business"),
    Question("decision", "What was decided"),
)


def applies(question: Question, kind: str) -> bool:
    """Whether a question is asked for this kind of metric."""
    return not question.kinds or kind in question.kinds


def metric_text(name: str, answers: Mapping[str, str]) -> str:
    """The file of a metric."""
    said = _Said(METRIC_QUESTIONS, answers)
    kind = said.plain("kind")
    if kind not in KINDS:
        raise UsageError(f"There is no kind of metric `{kind}`.", hint=f"kinds are {', '.join(KINDS)}.")
    how = [f"  {one}: {said.word(one)}" for one in ("source", "expression", "filter", "numerator", "denominator") if said.given(one, kind)]
    dimensions = said.listed("dimensions")
    lines = [
        f"metric: {name}",
        "what:",
        f"  label: {said.both('label')}",
        f"  description: {said.both('description')}",
        f"  unit: {said.word('unit')}",
        "why:",
        f"  question: {said.both('question')}",
        f"  decision: {said.both('decision')}",
        "how:",
        *(line for line in how if line.startswith("  source:")),
        f"  kind: {kind}",
        *(line for line in how if not line.startswith("  source:")),
        *([f"  dimensions: {dimensions}"] if dimensions != "[]" and kind in _MEASURED else []),
        f"owners: {said.owners()}",
        *(f"{one}: {said.word(one)}" for one in ("proposer", "hearing") if said.plain(one)),
    ]
    return _file("../../.ringi/schema/metric.json", lines)


def view_text(name: str, answers: Mapping[str, str]) -> str:
    """The file of a view."""
    said = _Said(VIEW_QUESTIONS, answers)
    lines = [
        f"view: {name}",
        f"label: {said.both('label')}",
        f"grain: {{time: {said.word('time')}, dimensions: {said.listed('dimensions')}}}",
        f"metrics: {said.listed('metrics')}",
        "countries: all",
        f"owners: {said.owners()}",
    ]
    return _file("../.ringi/schema/view.json", lines)


def hearing_text(name: str, answers: Mapping[str, str]) -> str:
    """The file of a hearing."""
    said = _Said(HEARING_QUESTIONS, answers)
    lines = [
        f"hearing: {name}",
        f"date: {said.word('date')}",
        f"metrics: {said.listed('metrics')}",
        f"attendees: [{{person: {said.word('tech')}, side: tech}}, {{person: {said.word('business')}, side: business}}]",
        f"question: {said.word('question')}",
        "questions: []",
        "dissent: []",
        f"decision: {said.word('decision')}",
    ]
    return _file("../.ringi/schema/hearing.json", lines)


@dataclass(frozen=True, slots=True)
class New:
    """One kind of definition that `ringi new` can write."""

    kind: str
    questions: tuple[Question, ...]
    text: Callable[[str, Mapping[str, str]], str]

    def file(self, name: str, answers: Mapping[str, str]) -> str:
        """Where the definition of this name goes; raises UsageError for a name or domain that cannot be one."""
        if self.kind == "hearing":
            return f"hearings/{_fitting(name, _ID, 'hearing', 'such as 2026-11-viewing-hours')}.yaml"
        fitting = _fitting(name, _NAME, self.kind, "lower-case letters a-z, digits and `_`, such as viewing_hours")
        if self.kind == "view":
            return f"views/{fitting}.yaml"
        domain = _fitting(answers.get("domain", "general"), _NAME, "domain", "lower-case letters a-z, digits and `_`")
        return f"metrics/{domain}/{fitting}.yaml"


METRIC = New("metric", METRIC_QUESTIONS, metric_text)
VIEW = New("view", VIEW_QUESTIONS, view_text)
HEARING = New("hearing", HEARING_QUESTIONS, hearing_text)

_NAME, _ID = re.compile(r"[a-z][a-z0-9_]{0,62}"), re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _fitting(name: str, form: re.Pattern[str], what: str, expected: str) -> str:
    if not form.fullmatch(name):
        raise UsageError(f"`{name}` cannot be the name of a {what}.", hint=f"expected {expected}.")
    return name


def create(root: Path, new: New, name: str, answers: Mapping[str, str], taken: Mapping[tuple[str, str], str]) -> Path:
    """Write a new definition; `taken` gives the files of all definitions by kind and name. Raises UsageError, writes nothing then."""
    file = new.file(name, answers)
    if (new.kind, name) in taken:
        raise UsageError(
            f"There is a {new.kind} `{name}` already, in `{taken[new.kind, name]}`.", hint=f"`ringi show {name}` says what it means."
        )
    return write_new(root, file, new.text(name, answers))


def write_new(root: Path, file: str, text: str) -> Path:
    """Write a file that must not exist yet; raises UsageError where it does."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"`{file}` is there already; nothing was written.", hint="choose another name, or edit that file.") from error
    return path


@dataclass(frozen=True, slots=True)
class _Said:
    """Answers as YAML; a missing one is its question's default."""

    questions: Sequence[Question]
    answers: Mapping[str, str]

    def plain(self, name: str) -> str:
        default = next(question.default for question in self.questions if question.name == name)
        return self.answers.get(name, default).strip()

    def given(self, name: str, kind: str) -> bool:
        question = next(question for question in self.questions if question.name == name)
        return applies(question, kind) and bool(self.plain(name))

    def word(self, name: str) -> str:
        return scalar(self.plain(name))

    def both(self, name: str) -> str:
        return f"{{en: {self.word(f'{name}_en')}, ja: {self.word(f'{name}_ja')}}}"

    def owners(self) -> str:
        return f"{{tech: {self.word('tech')}, business: {self.word('business')}}}"

    def listed(self, name: str) -> str:
        return f"[{', '.join(scalar(part.strip()) for part in self.plain(name).split(',') if part.strip())}]"


def scalar(text: str) -> str:
    """Text as a YAML scalar that reads back as the same text, with quotes only where it needs them."""
    places = f"a: {text}\nb: {{c: {text}, d: [{text}]}}\ne:\n  - {text}\n"  # what is plain in one place is a mark in another
    document, _ = parse(places, "new") if "\n" not in text else (None, ())
    same = not HIDDEN.search(text) and document is not None and document.data == {"a": text, "b": {"c": text, "d": [text]}, "e": [text]}
    return text if same else HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _file(schema: str, lines: Sequence[str]) -> str:
    return "\n".join([f"# yaml-language-server: $schema={schema}", *lines]) + "\n"
