"""`ringi access apply`: carry out a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from governance.lake_formation.planning.apply import Applied
    from governance.lake_formation.port import Call


def apply(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(help="The file that `ringi access plan --out` wrote.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask for keys, time and staleness, and list the calls; do none.")] = False,
) -> None:
    """Carry out a plan on the account of the profile, in an order in which no moment shows more than before or after.

    Refused with exit code 4, before anything is done: a plan that lets somebody see more without both keys, one whose account
    changed since, one that expired. Stopped anywhere, the same command goes on where it was. At the end the account is read again
    and compared with the plan. Exit code 5 where AWS failed.

    Example: ringi --profile aws access apply plan.json
    """
    from governance.lake_formation.planning.plan_file import digest
    from metrics_catalog.errors import ExitCode
    from ringi.access import applying, planning

    door = Door.of(context)
    lake, found = door.lake(), planning.read(plan)
    if dry_run:
        applying.check(lake, found)
        listed = applying.listed(found)
        value = {
            "schema_version": 1,
            "plan": digest(found),
            "calls": [{"phase": phase, "operation": call.operation} for phase, call in listed],
        }
        door.out.value(value, lambda: "\n".join([*(_call(phase, call) for phase, call in listed), f"{len(listed)} calls; none was done."]))
        return
    with door.out.progress("applying access", applying.count(found)) as advance:
        done = applying.apply(lake, found, door.out.say, lambda number, total, call: advance(1))
    door.out.value(_as_json(done), lambda: _text(done))
    if not done.is_complete:
        raise typer.Exit(ExitCode.OUTSIDE)


def _call(phase: str, call: Call) -> str:
    entries = call.parameters.get("Entries")
    return f"{phase:<9}{call.operation}{f' ({len(entries)} entries)' if entries else ''}"


def _as_json(done: Applied) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "plan": done.digest,
        "complete": done.is_complete,
        "resumed": done.resumed,
        "calls": {"done": done.calls, "total": done.total},
        "failures": [{"about": each.about, "code": each.code, "message": each.message} for each in done.failures],
        "differs": list(done.differing),
    }


def _text(done: Applied) -> str:
    lines = [f"failed: {each.about}: {each.message} ({each.code})" for each in done.failures]
    if done.failures:
        lines.append(
            f"{done.calls} of {done.total} calls were done; what comes after the failed ones was left undone, so nobody sees more than "
            "before or after. Run the same command again: it goes on where it is."
        )
    elif done.differing:
        parts = ", ".join(done.differing[:5])
        lines.append(
            f"All {done.total} calls were done, but the account differs from the plan in: {parts}. Somebody else changed it; plan again."
        )
    else:
        lines.append(
            f"Applied: {done.total} calls{' (some in an earlier run)' if done.resumed else ''}; read again, the account is as planned."
        )
    return "\n".join(lines)
