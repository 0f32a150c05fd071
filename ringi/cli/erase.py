"""`ringi erase`: a person is taken out of every place of the lake; a dry run comes first, and a signed receipt says what was done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from governance.keys.ssh import Signer
    from ringi.operations.erasing import Planned


def erase(
    context: typer.Context,
    action: Annotated[str | None, typer.Argument(help="`verify` with a receipt; nothing to erase.", show_default=False)] = None,
    receipt: Annotated[Path | None, typer.Argument(help="The receipt to verify.", show_default=False)] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="Who: `viewer_id=…`. `-` reads it from the standard input, so that no shell remembers it.", show_default=False),
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="What is older than retention.yaml allows, instead of a person.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, whatever the plan is by then.")] = False,
    confirm: Annotated[
        str | None, typer.Option(help="Do it if the plan still has this digest, which the dry run prints.", show_default=False)
    ] = None,
    person: Annotated[str | None, typer.Option("--as", help="Who you are: your short name in people.yaml.", show_default=False)] = None,
    key: Annotated[Path | None, typer.Option(help="Your private SSH key, which signs the receipt.", show_default=False)] = None,
    engine: Annotated[
        str | None, typer.Option(help="Rewrite tables with this engine instead of the profile's.", show_default=False)
    ] = None,
) -> None:
    """Erase a person from the lake: raw files, tables, old snapshots, copies, results and caches.

    Without `--yes` or `--confirm` nothing is changed: the plan says what would be found where. Afterwards every file that is left
    is searched for the person, byte by byte, and a signed receipt says what was removed and what the search found. The person's
    records that are sent again are refused. Legal holds and days of retention stand in retention.yaml. Cut off, it is called again.

    Exit code 1 where the search still found something, 4 where a legal hold forbids it.

    Example: ringi erase --subject viewer_id=v-1024
    Example: ringi erase --subject viewer_id=v-1024 --confirm 3f9c1d2e --as haruka_mori --key ~/.ssh/id_ed25519
    Example: ringi erase --expired
    Example: ringi erase verify receipt.json --subject viewer_id=v-1024
    """
    from metrics_catalog.errors import ExitCode, UsageError
    from ringi.cli.erase_text import planned_text, receipt_text, to_do
    from ringi.operations.erasing import Wanted, erase_now, plan_erasure

    door = Door.of(context)
    if action is not None:
        if action != "verify" or receipt is None:
            raise UsageError(
                f"`ringi erase {action}` is not understood.", hint="expected `ringi erase --subject …` or `ringi erase verify RECEIPT`."
            )
        return _verify(door, receipt, _read(subject))
    if (subject is None) is not expired:
        raise UsageError("Say who is to be erased, or `--expired`.", hint="for example `ringi erase --subject viewer_id=…`.")
    wanted = Wanted(_read(subject), engine)
    if not yes and confirm is None:
        planned = plan_erasure(door.lake(), wanted, door.out)
        door.out.value(_object(planned), lambda: planned_text(planned))
        return None
    if person is None or key is None:
        raise UsageError("Say who you are and with which key you sign: `--as PERSON --key FILE`.", hint="the receipt carries both.")
    made = erase_now(door.lake(), wanted, person, _signer(key.expanduser()), confirm, door.out)
    if made is None:
        door.out.value({"schema_version": 1, "receipt": None}, lambda: "Nothing is older than the rules of retention.yaml allow.")
        return None
    door.out.value(made.as_json(), lambda: receipt_text(made))
    for line in to_do(made):
        door.out.say(line)
    if not made.said["complete"]:
        raise typer.Exit(ExitCode.FINDINGS)
    return None


def _verify(door: Door, file: Path, subject: str | None) -> None:
    from metrics_catalog.errors import ExitCode
    from ringi.cli.erase_text import verified_object, verified_text
    from ringi.operations.erasing import verify_erasure

    found = verify_erasure(door.lake(), file, subject, door.out)
    door.out.value(verified_object(found), lambda: verified_text(found))
    if found.evidence is not None and not found.evidence.is_clean:
        raise typer.Exit(ExitCode.FINDINGS)


def _read(subject: str | None) -> str | None:
    """The subject as it was given, or from the standard input."""
    return sys.stdin.readline().rstrip("\r\n") if subject == "-" else subject


def _signer(key: Path) -> Signer:
    from governance.keys.ssh import read_private_key

    return read_private_key(key, lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))


def _object(planned: Planned) -> dict[str, object]:
    plan = planned.found.plan
    told = {"digest": plan.digest, "is_empty": plan.is_empty, "left": list(planned.left), "unfinished": list(planned.unfinished)}
    return {"schema_version": 1, "plan": plan.as_json(), **told}
