"""`ringi run`: brings facts, saved copies and views up to date with what was landed and what was approved."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.engines import EngineName


def run(
    context: typer.Context,
    views: Annotated[list[str] | None, typer.Argument(help="Views to compute; all by default.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="The engine that computes; the profile's by default.")] = None,
) -> None:
    """Compute and publish what is new or newly approved.

    Looks which countries and periods have new or late events, or a metric with a newly certified meaning; computes these, audits
    them, and publishes each country's saved copy and view at one moment. With nothing new it changes nothing. A run that was cut
    off is completed by the next one. The exit code is 1 where an audit fails; what is withheld is only told.

    Both engines write the same tables, so that one can go on where the other stopped.

    Example: ringi run
    Example: ringi run --engine spark
    Example: ringi --format json run title_daily
    """
    from ringi.running import run_lake

    door = Door.of(context)
    report = run_lake(door.lake(), door.out, views or (), engine=engine)
    door.out.value(report.as_json(), lambda: "\n".join(report.summary()))
    for finding in report.findings:
        door.out.say(f"{finding.code}: {finding.message}" + (f"\n  Hint: {finding.hint}" if finding.hint else ""))
