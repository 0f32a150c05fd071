"""`ringi access plan`: what would change in an account so that it gives what the policy gives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format


def plan(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Write the plan to this file, for `approve` and `apply`.", show_default=False)] = None,
    at: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Plan for that day instead of now (its start in UTC).", show_default=False),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Print every country and principal, also those that are alike.")] = False,
    detailed_exitcode: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 3 where the plan has changes.")] = False,
    format: Annotated[Format | None, typer.Option(help="Like the global option.", show_default=False)] = None,
) -> None:
    """Compare the policy with what the account of the profile really holds, and print the steps that make it so.

    Each step says whether it widens, narrows or leaves alone what anybody sees, and how many rows and cells it newly shows on the
    project's lake on this machine, where there is one. Whatever stands on the lake's schemas and is in no policy is taken away,
    whoever gave it. Nothing is changed by this command.

    Example: ringi --profile aws access plan
    Example: ringi --profile aws access plan --out plan.json --detailed-exitcode
    """
    from governance.lake_formation.planning import plan_text
    from governance.lake_formation.planning.plan_file import digest
    from metrics_catalog.errors import ExitCode
    from ringi.access import planning

    door = Door.of(context).with_format(format)
    lake, instant = door.lake(), None if at is None else at.replace(tzinfo=dt.UTC)
    made = planning.make(lake, at=instant)
    if out is not None:
        made, recorded = planning.keep(lake, out, made, lambda: planning.make(lake, at=instant))
        if not recorded:
            door.out.say("The plan could not be written into the lake's audit ledger.")
    for note in made.notes:
        door.out.say(f"Left out: {note}.")
    door.out.value(plan_text.as_json(made.plan), lambda: plan_text.text(made.plan, full=full))
    if out is not None:
        door.out.say(f"{out}: plan {digest(made.plan)[:12]}, {_next(made.plan.widens, made.plan.is_empty)}")
    if detailed_exitcode and not made.plan.is_empty:
        raise typer.Exit(ExitCode.CHANGES)


def _next(widens: bool, empty: bool) -> str:
    if empty:
        return "nothing to do."
    if widens:
        return "which lets somebody see more: both sides turn a key with `ringi access approve`, then `ringi access apply`."
    return "which lets nobody see more and needs no keys: `ringi access apply`."
