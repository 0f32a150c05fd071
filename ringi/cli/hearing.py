"""`ringi hearing new | add | list | show | due`: the recorded talks that give metrics their Why."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door
from ringi.cli.hearing_draft import begun, kept_when_interrupted

if TYPE_CHECKING:
    from metrics_catalog.hearing_answers import Raw
    from metrics_catalog.hearing_record import Named
    from ringi.output import Output
    from ringi.proposal.hearings import Draft

HELP = """Put a talk with the business on record, and see which are due.

A metric cannot leave `draft` without a hearing at which both sides spoke, and a change that voids the Business key needs a
talk of its own (`ringi hearing add`).

Example: ringi hearing new early_exits

Example: ringi hearing due
"""
hearing = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


def _flag(help: str) -> Any:
    return typer.Option(help=help, show_default=False)


Metrics = Annotated[list[str], typer.Argument(help="Metrics that were talked about.", show_default=False)]
Day = Annotated[str | None, _flag("Day of the talk, such as 2026-11-22.")]
Tech = Annotated[list[str] | None, _flag("Who spoke for tech: a name in people.yaml; repeat it for more.")]
Business = Annotated[list[str] | None, _flag("Who spoke for business; repeat it for more.")]
Asked = Annotated[list[str] | None, _flag("A question that was asked; repeat it, each with its --answered.")]
Answered = Annotated[list[str] | None, _flag("What was answered.")]
Dissent = Annotated[list[str] | None, _flag("What somebody did not agree with; repeat it for more.")]
Decision = Annotated[str | None, _flag("What was decided.")]
Review = Annotated[str | None, _flag("Day on which to talk about it again.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the draft that an interrupted call left.")]


@hearing.command()
def new(
    context: typer.Context,
    metrics: Metrics,
    date: Day = None,
    tech: Tech = None,
    business: Business = None,
    question: Annotated[str | None, _flag("The question of the business (default: that of the metric's file).")] = None,
    decides: Annotated[str | None, _flag("The decision that hangs on the answer (default: that of the metric's file).")] = None,
    agenda: Annotated[list[str] | None, _flag("What was said to a point of the checklist: POINT=TEXT; repeat it for more.")] = None,
    asked: Asked = None,
    answered: Answered = None,
    dissent: Dissent = None,
    decision: Decision = None,
    outcome: Annotated[str | None, _flag("accepted, changed or rejected (default: accepted).")] = None,
    review_on: Review = None,
    id: Annotated[str | None, _flag("Id of the hearing (default: month and first metric).")] = None,
    resume: Resume = False,
) -> None:
    """Write down a hearing: who was there, what was asked, what was decided.

    On a terminal it asks for what no flag says, along a checklist: who uses the number, what it must not be used for, edge
    cases, late data, countries that differ, what may not be summed, privacy, cost. Interrupted, it keeps a draft for
    --resume. A file that is there is never overwritten. Metrics that name no hearing yet get the line that names this one.

    Example: ringi hearing new early_exits --date 2026-11-20 --tech haruka_mori --business daniel_okafor --decision "Stops before second 30." --review-on 2027-05-20
    Example: ringi hearing new early_exits --resume
    """
    from metrics_catalog.hearing_answers import agenda_of
    from metrics_catalog.hearing_record import default_answers
    from ringi.proposal.hearings import Draft, known_metrics, new_hearing

    door = Door.of(context)
    lake, now = door.lake(), dt.datetime.now(dt.UTC)
    known_metrics(lake.catalog, metrics)
    if id is not None:
        _fitting(id)
    said = {"date": date, "tech": tech, "business": business, "question": question, "decides": decides}
    said |= {"asked": asked, "answered": answered, "dissent": dissent, "decision": decision, "outcome": outcome, "review_on": review_on}
    known, draft = default_answers(lake.catalog, metrics), Draft(lake.root, "hearing", metrics[0])
    raw = begun(door.out, draft, _given(said) | agenda_of(agenda or []), resume=resume)
    if _asks():
        with kept_when_interrupted(door.out, draft, f"ringi hearing new {' '.join(metrics)} --resume"):
            _asking(door.out, raw, lake.catalog.people, now, draft).hearing(known)
    else:
        raw = {name: [text] for name, text in known.items() if text} | {"date": [_today()]} | raw
    made = new_hearing(lake, metrics, raw, now, id)
    draft.drop()
    for line in made.text.splitlines():
        door.out.say(f"  {line}")
    _tell_named(door.out, made.hearing, made.named)
    named = {each.metric: each.was_set or each.before == made.hearing for each in made.named}
    door.out.value({"schema_version": 1, "hearing": made.hearing, "file": made.file, "named_by": named}, lambda: made.file)


@hearing.command()
def add(
    context: typer.Context,
    metrics: Annotated[list[str] | None, typer.Argument(help="Metrics that were talked about again.", show_default=False)] = None,
    date: Day = None,
    tech: Tech = None,
    business: Business = None,
    asked: Asked = None,
    answered: Answered = None,
    dissent: Dissent = None,
    decision: Decision = None,
    review_on: Review = None,
    all: Annotated[bool, typer.Option("--all", help="All metrics whose Business key was voided by a change.")] = False,
    resume: Resume = False,
) -> None:
    """Add a later talk to the hearings of metrics: about what changed since they were certified, or a review.

    The entry names the fields that changed; the Business key can then be turned over them. With nothing changed it is a
    review, and the metric is no longer due.

    Example: ringi hearing add pauses --tech haruka_mori --business grace_kimani --decision "Pauses under two seconds do not count."
    """
    from metrics_catalog.errors import UsageError
    from ringi.proposal.hearings import Draft, add_entries, changed_fields, known_metrics, voided_metrics

    door = Door.of(context)
    lake, now = door.lake(), dt.datetime.now(dt.UTC)
    wanted = tuple(dict.fromkeys([*(metrics or ()), *(voided_metrics(lake, now) if all else ())]))
    if not wanted:
        message = "No metric's Business key was voided by a change." if all else "Which metric was talked about?"
        raise UsageError(message, hint="name it: `ringi hearing add METRIC`; `ringi status` shows which keys are void.")
    known_metrics(lake.catalog, wanted)
    changed = changed_fields(lake, wanted, now)
    for name in wanted:
        door.out.say(
            f"{name}: {'changed since it was certified: ' + ', '.join(changed[name]) if changed[name] else 'nothing changed; a review'}"
        )
    said = {"date": date, "tech": tech, "business": business, "asked": asked, "answered": answered, "dissent": dissent}
    draft = Draft(lake.root, "entry", wanted[0])
    raw = begun(door.out, draft, _given({**said, "decision": decision, "review_on": review_on}), resume=resume)
    if _asks():
        with kept_when_interrupted(door.out, draft, f"ringi hearing add {' '.join(wanted)} --resume"):
            _asking(door.out, raw, lake.catalog.people, now, draft).entry()
    else:
        raw = {"date": [_today()]} | raw
    added = add_entries(lake, wanted, raw, now)
    draft.drop()
    for each in added:
        door.out.say("\n".join(f"  {line}" for line in each.text.splitlines()))
    entries = [{"hearing": each.hearing, "file": each.file, "metrics": each.metrics, "changed": each.changed} for each in added]
    door.out.value({"schema_version": 1, "entries": entries}, lambda: "\n".join(each.file for each in added))


@hearing.command("list")
def list_(
    context: typer.Context,
    metric: Annotated[str | None, typer.Argument(help="Only hearings about this metric.", show_default=False)] = None,
) -> None:
    """List the hearings, the newest first.

    Example: ringi hearing list viewing_hours
    """
    from ringi.proposal.hearings import hearing_rows

    door = Door.of(context)
    columns = ("hearing", "date", "metrics", "outcome", "entries", "review_on")
    door.out.rows(hearing_rows(door.lake().catalog, metric), columns)


@hearing.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Id of a hearing, or a metric.")],
) -> None:
    """Show a hearing: what was asked, answered and decided, and what the agenda left open.

    Example: ringi hearing show viewing_hours
    """
    from ringi.catalog.showing import show as facts_of
    from ringi.cli.show_text import text
    from ringi.proposal.hearings import find_hearing

    door = Door.of(context)
    lake = door.lake()
    facts = facts_of(lake, find_hearing(lake.catalog, name))
    door.out.value(facts, lambda: text(facts))


@hearing.command()
def due(
    context: typer.Context,
    on: Annotated[str | None, _flag("As if it were this day.")] = None,
) -> None:
    """List the metrics that were to be talked about again by today.

    Example: ringi hearing due --on 2027-06-30
    """
    from metrics_catalog.errors import UsageError
    from ringi.proposal.hearings import due_rows

    door = Door.of(context)
    try:
        today = dt.date.fromisoformat(on) if on is not None else dt.datetime.now(dt.UTC).date()
    except ValueError as error:
        raise UsageError(f"`{on}` is no day.", hint="expected one such as 2027-06-30.") from error
    rows = due_rows(door.lake().catalog, today)
    door.out.rows(rows, ("metric", "hearing", "review_on", "days", "business"))
    if not rows:
        door.out.say("No review is due.")


def _given(said: dict[str, str | list[str] | None]) -> Raw:
    """Flags that were given, as answers."""
    return {name: [value] if isinstance(value, str) else list(value) for name, value in said.items() if value}


def _asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asking(out: Output, raw: Raw, people: Any, now: dt.datetime, draft: Draft) -> Any:
    from ringi.cli.hearing_prompts import Asking

    return Asking(out, raw, people, now, draft.write)


def _tell_named(out: Output, hearing: str, named: tuple[Named, ...]) -> None:
    for each in named:
        if each.was_set:
            out.say(f"{each.file}: now says `hearing: {hearing}`.")
        elif each.before is not None and each.line is not None:
            out.say(
                f"{each.file} names the hearing `{each.before}`. To let this one count, write `{each.line}` there; that voids the Business key."
            )
        elif each.line is not None:
            out.say(f"{each.file} could not be edited safely. Add this line to it: {each.line}")


def _fitting(name: str) -> None:
    from metrics_catalog.scaffold import HEARING

    HEARING.file(name, {})


def _today() -> str:
    return dt.datetime.now().astimezone().date().isoformat()
