"""`ringi passkey register`: make a passkey, with which metrics are approved on a page, by finger, face or PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from metrics_catalog.person import Passkey

HELP = """Make a passkey for a person, for approving on a page.

Example: ringi passkey register bernd
"""
passkey = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@passkey.callback(help=HELP)
def group() -> None:
    """Keeps `register` a command of its own."""


@passkey.command()
def register(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Who gets the passkey: a short name in people.yaml.")],
    write: Annotated[bool, typer.Option("--write", help="Put the line into people.yaml instead of only printing it.")] = False,
    port: Annotated[int, typer.Option(help="Port of the page on this machine (default: any free one).", show_default=False)] = 0,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
) -> None:
    """Make a passkey on a page in your browser, and print its line for people.yaml.

    Your device keeps the secret half. Others review the change of people.yaml before your passkey counts.

    Example: ringi passkey register bernd
    """
    from governance.keys.passkey_registration import entry_text
    from governance.keys.people_file import add_passkey
    from ringi.approving.registering import RegistrationDesk
    from ringi.approving.sitting import Place, sit
    from ringi.keys.registering import known_person

    door = Door.of(context)
    lake = door.lake()
    known = known_person(lake, person)

    def keep(made: Passkey) -> bool:
        if write:
            add_passkey(lake.root, person, made)
        return write

    desk = RegistrationDesk(person, known, keep)
    sit(desk, Place(port, opens), door.out.say)
    if desk.made is None:
        raise AssertionError("the page ended without a passkey")
    entry = entry_text(desk.made)
    where = f"Written to people.yaml for `{person}`" if write else f"Put this under `passkeys` of `{person}` in people.yaml"
    door.out.say(f"{where}; others review that change before it counts.")
    door.out.value(
        {"schema_version": 1, "person": person, "passkey": desk.made.model_dump(mode="json", exclude_defaults=True)}, lambda: entry
    )
