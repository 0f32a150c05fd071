"""`ringi access approve`: turn one of the two keys over a plan that lets somebody see more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from metrics_catalog.person import Side
from ringi.cli.door import Door


def approve(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(help="The file that `ringi access plan --out` wrote.", show_default=False)],
    side: Annotated[Side, typer.Option(help="The side you turn the key for.")],
    person: Annotated[str, typer.Option("--as", help="Who you are: your short name in people.yaml.")],
    key: Annotated[Path, typer.Option(help="Your private SSH key, such as ~/.ssh/id_ed25519.", show_default=False)],
    full: Annotated[bool, typer.Option("--full", help="Show every country and principal, also those that are alike.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before signing.")] = False,
) -> None:
    """Turn one key over a plan's digest, after showing the plan; two people of the two sides are needed.

    The key is an SSH signature; it is written to access/approvals/, to be kept in git. It counts for this very plan alone: a plan
    that is made again needs keys again. Exit code 4 and one sentence where a rule forbids it.

    Example: ringi --profile aws access approve plan.json --side tech --as aiko --key ~/.ssh/id_ed25519
    """
    from datetime import UTC, datetime

    from governance.keys.ssh import read_private_key
    from governance.lake_formation.planning import plan_text
    from governance.lake_formation.planning.plan_file import digest
    from governance.ledgers.audit_line import Kind
    from ringi.access import applying, planning

    door = Door.of(context)
    lake, found, name = door.lake(), planning.read(plan), ""
    door.out.say(plan_text.text(found, full=full))
    signer = read_private_key(key.expanduser(), lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))
    if sys.stdin.isatty() and not yes and not typer.confirm("Turn the key?", err=True):
        raise typer.Exit(1)
    now, name = datetime.now(UTC), digest(found)
    turned, path = applying.approve(lake, found, side, person, signer, now)
    if path is not None:
        details = {"side": side.value, "turned_at": turned.approval.approved_at}
        planning.record(lake, Kind.ACCESS_APPROVAL, name, found, dict(details), block=f"approval-{name}-{side.value}-{person}", at=now)
    value = {"schema_version": 1, "plan": name, "side": side.value, "person": turned.person, "file": path.as_posix() if path else None}
    door.out.value(value, lambda: _line(name, side, turned.person, path))


def _line(name: str, side: Side, person: str, path: Path | None) -> str:
    if path is None:
        return f"plan {name[:12]}: the {side.value} key is turned already, by {person}; nothing was written."
    return f"plan {name[:12]}: {person} turned the {side.value} key -> {path.as_posix()}"
