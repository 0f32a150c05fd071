"""`ringi new metric | view | hearing`: writes a definition to fill in, asking only on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from metrics_catalog.scaffold import New

HELP = """Write a metric, view or hearing file to fill in.

On a terminal it asks for what no flag says; elsewhere that becomes TODO, which `ringi check` finds.

Example: ringi new metric early_exits

Example: ringi new hearing 2026-12-early-exits --metrics early_exits
"""
new = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Its name; the file is called the same.")]


def _flag(help: str) -> Any:
    return typer.Option(help=help, show_default=False)


LabelEn = Annotated[str | None, _flag("Label, in English.")]
LabelJa = Annotated[str | None, _flag("Label, in Japanese.")]
Dimensions = Annotated[str | None, _flag("Columns or attributes to slice by, with commas between.")]
TechTeam = Annotated[str | None, _flag("Team that answers for the computation.")]
BusinessTeam = Annotated[str | None, _flag("Team that answers for the meaning.")]


@new.command()
def metric(
    context: typer.Context,
    name: Name,
    domain: Annotated[str | None, _flag("The folder below metrics/ (default: general).")] = None,
    label_en: LabelEn = None,
    label_ja: LabelJa = None,
    description_en: Annotated[str | None, _flag("What is counted, in English.")] = None,
    description_ja: Annotated[str | None, _flag("What is counted, in Japanese.")] = None,
    unit: Annotated[str | None, _flag("Unit: hours, viewers, ratio, …")] = None,
    question_en: Annotated[str | None, _flag("The question it answers, in English.")] = None,
    question_ja: Annotated[str | None, _flag("The question, in Japanese.")] = None,
    decision_en: Annotated[str | None, _flag("The decision that hangs on it, in English.")] = None,
    decision_ja: Annotated[str | None, _flag("The decision, in Japanese.")] = None,
    kind: Annotated[str | None, _flag("count, count_distinct, sum, average, minimum, maximum, ratio or derived.")] = None,
    source: Annotated[str | None, _flag("Source whose rows are measured.")] = None,
    expression: Annotated[str | None, _flag("What is measured in a row; for a derived metric, arithmetic over metrics.")] = None,
    filter: Annotated[str | None, _flag("Condition of the rows that count.")] = None,
    numerator: Annotated[str | None, _flag("Of a ratio: the metric above the line.")] = None,
    denominator: Annotated[str | None, _flag("Of a ratio: the metric below the line.")] = None,
    dimensions: Dimensions = None,
    tech: TechTeam = None,
    business: BusinessTeam = None,
    proposer: Annotated[str | None, _flag("Who proposes it: a name in people.yaml.")] = None,
    hearing: Annotated[str | None, _flag("Id of the hearing.")] = None,
) -> None:
    """Write a metric file: What, Why, How and owners.

    On a terminal it asks for what no flag says; elsewhere that becomes TODO, which `ringi check` finds.

    Example: ringi new metric early_exits --kind count --source viewing_events --filter "event_type = 'stop' and position_s < 120"
    """
    from metrics_catalog.scaffold import METRIC

    _write(context, METRIC, name)


@new.command()
def view(
    context: typer.Context,
    name: Name,
    label_en: LabelEn = None,
    label_ja: LabelJa = None,
    time: Annotated[str | None, _flag("Length of a period: day, week or month.")] = None,
    dimensions: Dimensions = None,
    metrics: Annotated[str | None, _flag("One column each, with commas between.")] = None,
    tech: TechTeam = None,
    business: BusinessTeam = None,
) -> None:
    """Write a view file: what is published for each country.

    Example: ringi new view device_daily --dimensions device_type --metrics viewing_hours,plays
    """
    from metrics_catalog.scaffold import VIEW

    _write(context, VIEW, name)


@new.command()
def hearing(
    context: typer.Context,
    name: Name,
    date: Annotated[str | None, _flag("Day of the hearing, such as 2026-11-22.")] = None,
    metrics: Annotated[str | None, _flag("Metrics that were heard, with commas between.")] = None,
    tech: Annotated[str | None, _flag("Who spoke for tech: a name in people.yaml.")] = None,
    business: Annotated[str | None, _flag("Who spoke for business: a name in people.yaml.")] = None,
    question: Annotated[str | None, _flag("The question of the business.")] = None,
    decision: Annotated[str | None, _flag("What was decided.")] = None,
) -> None:
    """Write a hearing file to fill in by hand; `ringi hearing new METRIC` asks along a checklist instead.

    Example: ringi new hearing 2026-12-early-exits --metrics early_exits --tech aiko --business bernd
    """
    from metrics_catalog.scaffold import HEARING

    _write(context, HEARING, name)


def _write(context: typer.Context, kind: New, name: str) -> None:
    """Ask for what the flags of this call do not say, and write the file."""
    from metrics_catalog.scaffold import create

    door = Door.of(context)
    lake = door.lake()
    kind.file(name, {})  # a name that cannot be one is refused before anything is asked
    answers = {key: value for key, value in context.params.items() if isinstance(value, str) and key != "name"}
    if sys.stdin.isatty() and sys.stderr.isatty():
        answers = _asked(kind, answers)
    path = create(lake.root, kind, name, answers, lake.catalog.files)
    shown = path.relative_to(lake.root).as_posix()
    door.out.value({"schema_version": 1, "file": shown}, lambda: shown)
    door.out.say("Fill in what says TODO, then run `ringi check`.")


def _asked(kind: New, answers: dict[str, str]) -> dict[str, str]:
    from metrics_catalog.scaffold import applies

    told = dict(answers)
    for question in kind.questions:
        if question.name not in told and applies(question, told.get("kind", "count")):
            told[question.name] = typer.prompt(question.text, default=question.default, show_default=bool(question.default), err=True)
    return told
