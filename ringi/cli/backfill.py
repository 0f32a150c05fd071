"""`ringi backfill`: computes the facts of some days and countries of one view anew."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from jobs.backfill.estimate import Estimate
    from ringi.operations.backfilling import Backfilled

DAYS = ["%Y-%m-%d"]


def backfill(
    context: typer.Context,
    view: Annotated[str, typer.Argument(help="View whose facts are computed anew.")],
    first: Annotated[dt.datetime, typer.Option("--from", formats=DAYS, help="First day.")],
    last: Annotated[dt.datetime, typer.Option("--to", formats=DAYS, help="Last day, included.")],
    countries: Annotated[str, typer.Option(help="Countries, separated by commas; all of the view by default.", show_default=False)] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it will read, take and cost, and change nothing.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Pieces side by side, each with a session of the engine.")] = 1,
    piece: Annotated[int | None, typer.Option(min=1, help="Periods of a piece; by default as many as the engine takes well.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before computing.")] = False,
    engine: Annotated[str | None, typer.Option(help="Compute with this engine instead of the profile's.")] = None,
) -> None:
    """Compute the facts of some days and countries anew, and publish what changed.

    Events that arrive late are computed by `ringi run` anyway. A backfill is for days that nobody trusts any more, for a source
    that was repaired, for a new country, or to cut a very large first computation into pieces. What is published stays as it was
    until the last piece is computed and audited. Cut off, the same command goes on where it was.

    Example: ringi backfill title_daily --from 2026-10-26 --to 2026-11-01 --dry-run
    Example: ringi backfill title_daily --from 2026-10-26 --to 2026-11-01 --countries JP,DE
    """
    from jobs.backfill.plan import BackfillRequest
    from ringi.operations.backfilling import backfill_lake

    door = Door.of(context)
    codes = tuple(code.strip().upper() for code in countries.split(",") if code.strip())
    request = BackfillRequest(view, first.date(), last.date(), codes, piece)

    def agreed(estimate: Estimate, on: bool) -> bool:
        if dry_run:
            return False
        for line in [*(["A backfill of the same was cut off; it goes on."] if on else []), *estimate.lines()]:
            door.out.say(line)
        return yes or not sys.stdin.isatty() or typer.confirm("Compute it?", err=True)

    found = backfill_lake(door.lake(), door.out, request, agreed=agreed, parallel=parallel, engine=engine)
    door.out.value(as_object(found, dry_run=dry_run), lambda: as_text(found, dry_run=dry_run))
    for finding in found.findings:
        door.out.say(f"{finding.code}: {finding.message}" + (f"\n  Hint: {finding.hint}" if finding.hint else ""))
    if found.report is None and not dry_run:
        raise typer.Exit(1)


def as_object(found: Backfilled, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "dry_run": dry_run,
        "goes_on": found.on,
        "estimate": found.estimate.as_json(),
        "done": found.report.as_json() if found.report else None,
    }


def as_text(found: Backfilled, *, dry_run: bool) -> str:
    if found.report is not None:
        return "\n".join(found.report.summary())
    on = ["A backfill of the same was cut off; what is left of it:"] if found.on else []
    return "\n".join([*on, *found.estimate.lines(), *(["Dry run: nothing was changed."] if dry_run else [])])
