"""`ringi run`: brings facts, saved copies and views up to date with what was landed and what was approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door
from ringi.engines import EngineName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metrics_catalog.finding import Finding


def run(
    context: typer.Context,
    views: Annotated[list[str] | None, typer.Argument(help="Views to compute; all by default.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="The engine that computes; the profile's by default.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, with the calls of AWS, and change nothing.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="With --plan: exit 3 where there is something to do.")
    ] = False,
) -> None:
    """Compute and publish what is new or newly approved.

    Looks which countries and periods have new or late events, or a metric with a newly certified meaning; computes these, audits
    them, and publishes each country's saved copy and view at one moment. With nothing new it changes nothing. A run that was cut
    off is completed by the next one. The exit code is 1 where an audit fails; what is withheld is only told.

    Both engines write the same tables, so that one can go on where the other stopped.

    With --plan it computes nothing: it says which facts are out of date, which copies and views would follow, and with
    `--format json` also the texts of each view in every dialect and the very calls of Glue that would make it, and of Lake
    Formation that would give back access on what is made anew.

    Example: ringi run
    Example: ringi --profile aws --format json run --plan
    Example: ringi run --engine spark
    Example: ringi --format json run title_daily
    """
    from metrics_catalog.errors import ExitCode, UsageError
    from ringi.operations.running import run_lake

    door = Door.of(context)
    if detailed_exitcode and not plan:
        raise UsageError("`--detailed-exitcode` is for a plan.", hint="say `ringi run --plan --detailed-exitcode`.")
    if plan:
        from ringi.operations.run_planning import plan_run

        intent = plan_run(door.lake(), views or (), engine=engine)
        door.out.value(intent.as_json(), lambda: "\n".join(intent.summary()))
        _said(door, intent.findings)
        if detailed_exitcode and not intent.is_empty:
            raise typer.Exit(ExitCode.CHANGES)
        return
    report = run_lake(door.lake(), door.out, views or (), engine=engine)
    door.out.value(report.as_json(), lambda: "\n".join(report.summary()))
    _said(door, report.findings)


def _said(door: Door, findings: Iterable[Finding]) -> None:
    for finding in findings:
        door.out.say(f"{finding.code}: {finding.message}" + (f"\n  Hint: {finding.hint}" if finding.hint else ""))
