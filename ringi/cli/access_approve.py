"""`ringi access approve`: turn one of the two keys over a plan that lets somebody see more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metrics_catalog.person import Side
from ringi.cli.door import Door

if TYPE_CHECKING:
    from governance.lake_formation.planning.keys import PlanKey
    from governance.lake_formation.planning.plan import Plan
    from ringi.lake import Lake


def approve(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(help="The file that `ringi access plan --out` wrote.", show_default=False)],
    side: Annotated[Side, typer.Option(help="The side you turn the key for.")],
    person: Annotated[str, typer.Option("--as", help="Who you are: your short name in people.yaml.")],
    key: Annotated[Path | None, typer.Option(help="Your private SSH key, such as ~/.ssh/id_ed25519.", show_default=False)] = None,
    page: Annotated[bool, typer.Option("--page", help="Read and approve on a page in your browser, with your passkey.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show every country and principal, also those that are alike.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before signing.")] = False,
    port: Annotated[int, typer.Option(help="With --page: its port on this machine (default: any free one).", show_default=False)] = 0,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="With --page: open the browser.")] = True,
) -> None:
    """Turn one key over a plan's digest, after showing the plan; two people of the two sides are needed, who did not write the change.

    The key is an SSH signature, or with `--page` the answer of your passkey on a page that says in words who newly sees what. It is
    written to access/approvals/, to be kept in git. It counts for this very plan alone: a plan that is made again needs keys again.
    Exit code 4 and one sentence where a rule forbids it.

    Example: ringi --profile aws access approve plan.json --side tech --as aiko --key ~/.ssh/id_ed25519

    Example: ringi --profile aws access approve plan.json --side business --as bernd --page
    """
    from governance.lake_formation.planning import plan_text
    from governance.lake_formation.planning.plan_file import digest
    from metrics_catalog.errors import UsageError
    from ringi.access import applying, planning
    from ringi.approving.sitting import Place

    if (key is None) is not page:
        raise UsageError("Say `--page` to approve with a passkey in your browser, or `--key FILE` to sign with an SSH key.")
    door = Door.of(context)
    lake, found = door.lake(), planning.read(plan)
    if key is None:
        turned, path = applying.approve_on_page(lake, found, side, person, Place(port, opens), door.out.say)
    else:
        door.out.say(plan_text.text(found, full=full))
        turned, path = _signed(lake, found, side, person, key.expanduser(), yes)
    if path is not None:
        applying.note_key(lake, found, turned)
    name = digest(found)
    value = {"schema_version": 1, "plan": name, "side": side.value, "person": turned.person, "file": path.as_posix() if path else None}
    door.out.value(value, lambda: _line(name, side, turned.person, path))


def _signed(lake: Lake, plan: Plan, side: Side, person: str, key: Path, yes: bool) -> tuple[PlanKey, Path | None]:
    from datetime import UTC, datetime

    from governance.keys.ssh import read_private_key
    from ringi.access import applying

    signer = read_private_key(key, lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))
    if sys.stdin.isatty() and not yes and not typer.confirm("Turn the key?", err=True):
        raise typer.Exit(1)
    return applying.approve(lake, plan, side, person, signer, datetime.now(UTC))


def _line(name: str, side: Side, person: str, path: Path | None) -> str:
    if path is None:
        return f"plan {name[:12]}: the {side.value} key is turned already, by {person}; nothing was written."
    return f"plan {name[:12]}: {person} turned the {side.value} key -> {path.as_posix()}"
