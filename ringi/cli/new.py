"""`ringi new metric | view | hearing`: writes a definition to fill in, asking only on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from metrics_catalog.scaffold import New

new = typer.Typer(help="Write a metric, view or hearing file to fill in.", no_args_is_help=True, rich_markup_mode=None)

Text = Annotated[str | None, typer.Option(show_default=False)]
Name = Annotated[str, typer.Argument(help="Its name; the file is called the same.")]


@new.command()
def metric(
    context: typer.Context,
    name: Name,
    domain: Annotated[str | None, typer.Option(help="The folder below metrics/ (default: general).", show_default=False)] = None,
    label_en: Text = None,
    label_ja: Text = None,
    description_en: Text = None,
    description_ja: Text = None,
    unit: Text = None,
    question_en: Annotated[str | None, typer.Option(help="The question it answers.", show_default=False)] = None,
    question_ja: Text = None,
    decision_en: Annotated[str | None, typer.Option(help="The decision that hangs on it.", show_default=False)] = None,
    decision_ja: Text = None,
    kind: Annotated[
        str | None, typer.Option(help="count, count_distinct, sum, average, minimum, maximum, ratio or derived.", show_default=False)
    ] = None,
    source: Text = None,
    expression: Text = None,
    filter: Text = None,
    numerator: Text = None,
    denominator: Text = None,
    dimensions: Annotated[str | None, typer.Option(help="With commas between.", show_default=False)] = None,
    tech: Annotated[str | None, typer.Option(help="Team that answers for the computation.", show_default=False)] = None,
    business: Annotated[str | None, typer.Option(help="Team that answers for the meaning.", show_default=False)] = None,
    proposer: Text = None,
    hearing: Text = None,
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
    label_en: Text = None,
    label_ja: Text = None,
    time: Annotated[str | None, typer.Option(help="day, week or month.", show_default=False)] = None,
    dimensions: Annotated[str | None, typer.Option(help="With commas between.", show_default=False)] = None,
    metrics: Annotated[str | None, typer.Option(help="With commas between.", show_default=False)] = None,
    tech: Text = None,
    business: Text = None,
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
    date: Text = None,
    metrics: Annotated[str | None, typer.Option(help="With commas between.", show_default=False)] = None,
    tech: Annotated[str | None, typer.Option(help="Who spoke for tech.", show_default=False)] = None,
    business: Annotated[str | None, typer.Option(help="Who spoke for business.", show_default=False)] = None,
    question: Text = None,
    decision: Text = None,
) -> None:
    """Write a hearing file: the talk that gives metrics their Why.

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
