"""`ringi key register`: put an SSH public key into people.yaml, with which its owner turns keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringi.cli.door import Door

HELP = """Register an SSH key for a person, for approving.

Example: ringi key register --as bernd --key ~/.ssh/id_ed25519.pub
"""
key = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@key.callback(help=HELP)
def group() -> None:
    """Keeps `register` a command of its own."""


@key.command()
def register(
    context: typer.Context,
    person: Annotated[str, typer.Option("--as", help="Whose key it is: a short name in people.yaml.")],
    key_file: Annotated[Path, typer.Option("--key", help="The public half, such as ~/.ssh/id_ed25519.pub.")],
    write: Annotated[bool, typer.Option("--write", help="Put the line into people.yaml instead of only printing it.")] = False,
) -> None:
    """Print the line of an SSH public key for people.yaml, or put it there.

    Others review the change of people.yaml before the key counts. The private half is never read.

    Example: ringi key register --as bernd --key ~/.ssh/id_ed25519.pub --write
    """
    from governance.keys.people_file import key_text
    from ringi.keys.registering import register_key

    door = Door.of(context)
    lake = door.lake()
    line, fingerprint = register_key(lake, person, key_file, write=write)
    where = f"Written to people.yaml for `{person}`" if write else f"Put this under `keys` of `{person}` in people.yaml"
    door.out.say(f"{where} ({fingerprint}); others review that change before it counts.")
    door.out.value(
        {"schema_version": 1, "person": person, "public_key": line, "fingerprint": fingerprint, "written": write}, lambda: key_text(line)
    )
